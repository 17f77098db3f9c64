/**
 * The write path: from a batch to the log, the memtables and the readers.
 *
 * <p>{@link io.apexstore.engine.commit.Commits} is the entry, where the size of every write of a
 * caller is checked. It passes a batch to the {@link io.apexstore.engine.commit.CommitPipeline},
 * which has one writer at a time, the leader. The leader writes the log through {@link
 * io.apexstore.engine.commit.LogWriter} and the memtables through {@link
 * io.apexstore.engine.commit.MemTableWriter}. Other parts of the engine that write use the
 * interface {@link io.apexstore.engine.commit.Committer}. What the package needs from above it asks
 * for by narrow interfaces: {@link io.apexstore.engine.keyspace.PointReader}, {@link
 * io.apexstore.engine.commit.FlushScheduler}.
 *
 * <h2>How a condition is honoured</h2>
 *
 * <p>The submitter evaluates a condition against what is published, at version v; this may read the
 * disk. The writer commits later, at version now. It checks again only what changed in (v, now],
 * and finds that in memory. It never reads the disk.
 *
 * <pre>{@code
 * submitter: ConditionEvaluator              writer: ConditionRecheck
 *
 * retain the views; v := published
 * read memtables and tables at v
 *   does not hold:  refuse
 *   holds:          push, with v   ------->  settle, for each commit of the group in order
 *                                              does memory reach back to v?
 * evaluate again    <-----------------------     no
 *                                              find the newest entry in (v, now], first in
 *                                              earlier commits of the group, then in memtables
 *                                              does the condition hold?
 * refused           <-----------------------     no
 *                                                yes: number, log, apply, publish
 *
 * versions     |------ tables ------|------ memtables ------|-- group --|
 *                                         v                            now
 * submitter    <------------------------->
 * writer                                    <--------------------------->
 * }</pre>
 *
 * <p>Memory reaches back to v unless a memtable with newer commits was flushed meanwhile. For a
 * condition on a range, the writer looks at {@link io.apexstore.engine.commit.RecentCommits}, which
 * keeps the last commits while such conditions are in use.
 *
 * <p>A refusal may be caused by a commit that is not durable yet. If the refused commit asked for
 * durability, {@link io.apexstore.engine.commit.DurableRefusals} syncs the log before it reports
 * the refusal. If the group fails to be written, its refusals are void: its commits may be their
 * cause.
 *
 * <p><b>Invariants:</b>
 *
 * <ul>
 *   <li>A commit with conditions gets version n only if all of them hold at n - 1.
 *   <li>The writer reads no file and runs no code of the user.
 *   <li>A refusal rests only on commits that are as durable as the refused one would be.
 * </ul>
 *
 * <p><b>Rejected:</b> evaluating under a lock for each key, held until the commit. A read from disk
 * would then delay other writers of the key, several keys need an order or deadlock detection, and
 * a range needs a lock of its own kind.
 *
 * <h2>Optimistic writes</h2>
 *
 * <p>Updates, merges, transactions, conditions and previous values share one scheme, {@link
 * io.apexstore.engine.commit.OptimisticWrite}: read, build a batch with conditions that protect
 * what was read, commit. A violated protection fails with {@code OVERTAKEN}, while a condition of
 * the caller fails with {@code CONDITION_FAILED}.
 *
 * <pre>
 *   for attempt in 1 .. ATTEMPTS_MAX
 *     batch, conditions := write.prepare()       reads; it may read the disk
 *     add previous values where a keyspace logs them, with a condition for each
 *     evaluate the conditions                    v
 *     commit                                     the writer checks (v, now]
 *     unless OVERTAKEN: done
 *     pause                                      random, below a bound that doubles
 *   fail with CONFLICT
 * </pre>
 *
 * <p>{@link io.apexstore.engine.commit.Commits#retry} is this loop for blocking writes. {@link
 * io.apexstore.engine.commit.DeferredCommits} is its asynchronous form. {@link
 * io.apexstore.engine.commit.Backoff} has the limit and the pauses; in a simulation there are none.
 *
 * <h2>The order of asynchronous writes</h2>
 *
 * <p>A caller may submit many writes without waiting. Two of them that write a common keyspace are
 * committed in the order of their submission, whether or not they must read first, and whether or
 * not another writer overtakes one of them. Otherwise the older of two values of a key could stay.
 *
 * <p>A submitter pushes each write at once, prepared or not; that is its place. The leader defers a
 * write that must read (again). Until it comes back, the leader also defers later asynchronous
 * writes of the same keyspaces. {@link io.apexstore.engine.commit.DeferredCommits} reads on an
 * executor of its own and pushes them again, in order.
 *
 * <pre>
 *   pushed     A: put x (logs previous values)   B: put y   C: put x   D: put in another keyspace
 *   leader     A must read: deferred             B, C follow A: deferred        D: committed
 *   reads      prepare A, B, C; push A, B, C
 *   leader     A: committed    B: committed    C: overtaken by A, deferred again
 *   reads      prepare C; push C
 *   leader     C: committed
 * </pre>
 *
 * <p>If no write is deferred, this costs other writes nothing: the leader looks at a field of its
 * own, once for each group. Blocking writes are not ordered after deferred ones: a thread that
 * waits for others could be the one for which they wait.
 *
 * <p><b>Rejected:</b>
 *
 * <ul>
 *   <li>A queue in front of the pipeline, in which later writes wait for earlier ones. Each write
 *       would have to look at it, and it cannot hold back a write that is in the pipeline already
 *       when an earlier one turns out to be overtaken.
 *   <li>A writer that replaces outdated previous values itself, from the memtables. It would copy
 *       values of up to 64 MiB and rebuild batches while all others wait, and it cannot fold
 *       merges.
 *   <li>One asynchronous write at a time for each keyspace. Each would have a sync of its own.
 * </ul>
 */
@NullMarked
package io.apexstore.engine.commit;

import org.jspecify.annotations.NullMarked;
