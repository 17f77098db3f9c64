/**
 * The sorted table in memory that takes every commit first: {@link
 * io.apexstore.engine.memtable.MemTable}, one writer and any number of readers that take no locks,
 * in off-heap chunks out of the store's {@link io.apexstore.engine.memtable.MemoryChunks}.
 *
 * <p>How it is put together, from the outside in:
 *
 * <ul>
 *   <li>{@code MemTable} checks, counts, and hands out iterators;
 *   <li>{@code KeyTree} is the tree as readers see it, {@code KeyTreeWriter} what its one writer
 *       does to it, {@code NodeSplitter} how it makes room;
 *   <li>{@code NodeFormat} and {@code EntryFormat} own the bytes of a node and of an entry, {@code
 *       Order} the word that says which slots of a node count and how they are sorted, {@code
 *       Window} the eight bytes of a key that a node compares first;
 *   <li>{@code MemTableTombstones} keeps the ranges of keys that were deleted, of each version as
 *       {@code Steps}, which {@code io.apexstore.engine.tombstone.TombstoneTreeWriter} makes;
 *   <li>{@code MemTableFootprint} is the linear address space that nodes and entries refer to each
 *       other in.
 * </ul>
 */
@NullMarked
package io.apexstore.engine.memtable;

import org.jspecify.annotations.NullMarked;
