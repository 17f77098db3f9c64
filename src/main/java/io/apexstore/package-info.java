/**
 * The embedded API. {@link io.apexstore.ApexStore#open(java.nio.file.Path)} is the one door;
 * nothing here names a type of the engine.
 */
@NullMarked
package io.apexstore;

import org.jspecify.annotations.NullMarked;
