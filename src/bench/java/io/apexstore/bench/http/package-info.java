/** The server beside a bare Vert.x server and etcd, under {@code wrk}. */
@NullMarked
package io.apexstore.bench.http;

import org.jspecify.annotations.NullMarked;
