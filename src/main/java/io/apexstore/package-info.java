/**
 * ApexStore's embedded API: a durable, log-structured key-value store that a program opens on a
 * directory. Nothing here names a type of the engine.
 */
@NullMarked
package io.apexstore;

import org.jspecify.annotations.NullMarked;
