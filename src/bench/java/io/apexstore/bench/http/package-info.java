/**
 * The server beside a bare Vert.x server and etcd, under {@code wrk}; and how long it takes to
 * start.
 */
@NullMarked
package io.apexstore.bench.http;

import org.jspecify.annotations.NullMarked;
