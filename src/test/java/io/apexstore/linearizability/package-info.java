/**
 * Tests of linearizability: the concurrent calls on a key behave as if they ran one after another.
 * {@link io.apexstore.linearizability.HttpLinearizabilityTest} records calls on a server that is
 * killed repeatedly; {@code Linearizability} decides whether such a history is linearizable.
 */
@NullMarked
package io.apexstore.linearizability;

import org.jspecify.annotations.NullMarked;
