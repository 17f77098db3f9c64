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
 * <p>Answers go the other way: {@link io.apexstore.server.rest.body.EntryJson} writes an entry, at
 * once if it is short, and else as {@link io.apexstore.server.rest.body.SlicedJson}, which is
 * written piece by piece. A {@link io.apexstore.server.rest.body.PieceWriter} reserves the memory
 * of each piece and writes it at the pace of the client.
 */
@NullMarked
package io.apexstore.server.rest.body;

import org.jspecify.annotations.NullMarked;
