/**
 * The memtable: the sorted table in memory that every commit enters first. {@link
 * io.apexstore.engine.memtable.MemTable} has one writer and any number of readers that take no
 * locks; it lies outside the heap, in chunks from the store's {@link
 * io.apexstore.engine.memtable.MemoryChunks}.
 *
 * <p>Its parts, from the outside in:
 *
 * <ul>
 *   <li>{@code MemTable} checks and counts what is put, answers point reads and creates iterators
 *       ({@code MemTableIterator});
 *   <li>{@code KeyTree} is the B+-tree as readers see it, with the proof that they miss nothing;
 *       {@code KeyTreeWriter} inserts entries, {@code NodeSplitter} splits full nodes;
 *   <li>{@code NodeFormat} and {@code EntryFormat} define the bytes of a node and of an entry. A
 *       node begins with a {@code Permutation}, the word that says which of its slots are valid and
 *       how they are sorted; it compares keys by a {@code KeySlice}, eight bytes of the key;
 *   <li>{@code MemTableTombstones} keeps the range tombstones on the heap: for each version a
 *       {@link io.apexstore.engine.tombstone.TombstoneTree};
 *   <li>{@code MemTableFootprint} is the linear address space in which nodes and entries refer to
 *       each other.
 * </ul>
 *
 * <p>A sealed memtable takes no more commits. A flush writes it to a table with {@code
 * allVersions()} and {@code fragmentRangeTombstones()}; {@code release()} returns its chunks when
 * the last reader has left.
 */
@NullMarked
package io.apexstore.engine.memtable;

import org.jspecify.annotations.NullMarked;
