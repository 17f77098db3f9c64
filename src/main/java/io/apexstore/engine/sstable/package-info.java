/**
 * Sorted string tables: immutable files of entries in key order, written once by a flush or a
 * compaction and read by position.
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
 *   <tr><td>2</td><td>ranges deleted, in blocks of their own and counted in the properties; where the
 *       store is encrypted blocks and footer are sealed</td></tr>
 * </table>
 *
 * <p>{@link io.apexstore.engine.sstable.TableBuilder} writes a table, {@link
 * io.apexstore.engine.sstable.Table} reads one. The way of a point read through a table: {@link
 * io.apexstore.engine.filter.BloomFilter}, the resident top of the index, one {@link
 * io.apexstore.engine.sstable.IndexBlock}, one {@link io.apexstore.engine.sstable.DataBlock}; the
 * latter two in the block cache, else read from the file, verified and put there.
 */
@NullMarked
package io.apexstore.engine.sstable;

import org.jspecify.annotations.NullMarked;
