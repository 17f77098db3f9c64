/**
 * Sorted string tables: immutable files of entries in key order. A flush or a compaction writes a
 * table once; reads are by position.
 *
 * <table>
 *   <caption>Files</caption>
 *   <tr><th>Name</th><th>What</th></tr>
 *   <tr><td>{@code %06d.sst}</td><td>one table, named after its file id (more digits where the id
 *       has more); see {@link io.apexstore.engine.sstable.TableFormat}</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Format history</caption>
 *   <tr><th>Version</th><th>Change</th></tr>
 *   <tr><td>1</td><td>the first</td></tr>
 *   <tr><td>2</td><td>range tombstones, in blocks of their own and counted in the properties; if the
 *       store is encrypted, blocks and footer are sealed</td></tr>
 * </table>
 *
 * <p><b>Writing.</b> {@link io.apexstore.engine.sstable.TableBuilder} takes entries in order.
 * {@code DataBlockBuilder} and {@code IndexBlockBuilder} build the blocks, {@code TableWriter}
 * appends them to the file, {@code PropertiesCollector} counts.
 *
 * <p><b>Reading.</b> {@link io.apexstore.engine.sstable.TableReader} is a table of the store: a
 * {@link io.apexstore.engine.sstable.LazyTable} until the first read, then a {@link
 * io.apexstore.engine.sstable.Table}, or a {@code DamagedTable} if it could not be opened. {@link
 * io.apexstore.engine.sstable.TableContext} is what the tables of a store share.
 *
 * <ul>
 *   <li>A point read asks the {@link io.apexstore.engine.filter.BloomFilter}, then the top of the
 *       index ({@code TopIndex}), which are in memory; then one {@code IndexBlock} and one {@code
 *       DataBlock}. These two come from the block cache, or {@code BlockReader} reads them from the
 *       file, verifies them and inserts them there.
 *   <li>{@code TableIterator} (as of a version) and {@code AllVersionsIterator} walk from data
 *       block to data block with a {@code BlockWalk}, and inside a block with a {@code
 *       DataBlockCursor}.
 *   <li>Range tombstones are read from their {@code TombstoneBlock} when the table is opened, and
 *       stay in memory.
 * </ul>
 *
 * <p><b>Format.</b> {@code TableFormat}, {@code Footer}, {@code TableProperties} and {@code
 * TombstoneBlock} define the bytes. {@code TableVerifier} checks all of them; {@link
 * io.apexstore.engine.sstable.TableDump} prints them.
 */
@NullMarked
package io.apexstore.engine.sstable;

import org.jspecify.annotations.NullMarked;
