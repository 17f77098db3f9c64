/**
 * The store inside Vert.x. This is the lowest package that knows Vert.x.
 *
 * <p>{@link io.apexstore.vertx.StoreHost} deploys three worker verticles and opens the store on
 * their threads: {@code WalVerticle} commits, {@code FlushVerticle} flushes memtables, and {@code
 * CompactionVerticle} compacts tables. Event loops never wait for any of them.
 *
 * <h2>Writes</h2>
 *
 * <pre>
 * event loop    WriteGateway.write   acquires bytes from WriteBound, or fails with OverloadedException
 *               end of the tick      sends all writes of the tick as one WriteGroup
 * commit thread WalVerticle          enqueues the writes in the commit pipeline
 *               commit task          commits all queued writes: one write and one sync of the log
 *               last completion      releases the bytes, replies with a WriteGroupOutcome
 * event loop    WriteGateway         completes the futures
 * </pre>
 *
 * The message goes over the event bus within this process and is not copied ({@code
 * SameObjectCodec}). Its address contains a random UUID, so several stores can share one Vert.x. A
 * write without an answer within the timeout fails with {@link
 * io.apexstore.vertx.OutcomeUnknownException}, because it may still be committed.
 *
 * <p>Writes with conditions and increments may have to read from disk first. Their evaluation runs
 * in the {@link io.apexstore.vertx.IoPool}; only the commit runs on the commit thread.
 *
 * <h2>Reads</h2>
 *
 * An event loop reads only what is in a memtable or in the block cache. All other calls go to the
 * {@link io.apexstore.vertx.IoPool}, a pool with a limited number of threads and of pending calls.
 */
@NullMarked
package io.apexstore.vertx;

import org.jspecify.annotations.NullMarked;
