/**
 * The store inside Vert.x: verticles that lend it their threads, the way of writes from an event
 * loop to it, and the pool for reads that may wait for the disk. The lowest package that knows
 * Vert.x.
 */
@NullMarked
package io.apexstore.vertx;

import org.jspecify.annotations.NullMarked;
