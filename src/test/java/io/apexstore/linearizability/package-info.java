/** Whether histories of concurrent calls on a key could have happened one after another. */
@NullMarked
package io.apexstore.linearizability;

import org.jspecify.annotations.NullMarked;
