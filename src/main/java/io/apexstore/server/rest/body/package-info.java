/**
 * The parts of request bodies and answers that several routes share.
 *
 * <p>Readers collect the members of a JSON object: {@link
 * io.apexstore.server.rest.body.EntryReader} a key and a value, {@link
 * io.apexstore.server.rest.body.WriteOptionsReader} a time to live and a {@link
 * io.apexstore.server.rest.body.KeyCondition}, {@link io.apexstore.server.rest.body.RangeReader} a
 * range, {@link io.apexstore.server.rest.body.RangeConditionReader} a condition on one. A route
 * passes each member to its readers in turn; a member that none of them knows is refused with
 * {@link io.apexstore.server.rest.body.EntryReader#unknownMember}.
 *
 * <p>Answers go the other way: {@link io.apexstore.server.rest.body.EntryJson} writes an entry into
 * a {@link io.apexstore.server.rest.body.BudgetedOutput}, which reserves memory before it grows.
 * The finished {@link io.apexstore.server.rest.body.BudgetedBody} keeps the reservation until it is
 * sent, whole or as a piece of a stream through a {@link
 * io.apexstore.server.rest.body.PieceWriter}.
 */
@NullMarked
package io.apexstore.server.rest.body;

import org.jspecify.annotations.NullMarked;
