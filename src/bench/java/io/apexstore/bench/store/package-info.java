/**
 * The stores that are measured, behind one small interface, and the keys and values they all get.
 */
@NullMarked
package io.apexstore.bench.store;

import org.jspecify.annotations.NullMarked;
