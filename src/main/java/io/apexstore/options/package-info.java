/**
 * The options of a store and of its keyspaces. The API, the engine and the manifest use the same
 * records; this package is at the bottom of the layers.
 *
 * <p>{@link io.apexstore.options.StoreOptions} hold while a store is open, {@link
 * io.apexstore.options.KeyspaceOptions} are kept in the store. Their values are plain numbers and
 * times, or one of three enums: {@link io.apexstore.options.SyncMode} (when a write is
 * acknowledged), {@link io.apexstore.options.CompactionStrategy} (how tables are merged) and {@link
 * io.apexstore.options.Compression} (how blocks are compressed). What is not a value, such as a
 * clock or an executor, is a component and given to the builder of a store.
 *
 * <p>To add an option of the store: add its component to {@code StoreOptions} with its default and
 * its check, add a row to the server's table {@code io.apexstore.server.config.Option}, and use it.
 */
@NullMarked
package io.apexstore.options;

import org.jspecify.annotations.NullMarked;
