/**
 * The failures of the public API.
 *
 * <p>Every call of the store fails with {@link io.apexstore.error.ApexException}. Its {@link
 * io.apexstore.error.ApexException.Code} says what the caller must do: fix the request, read again,
 * free the disk, restore a backup. The server maps each code to one HTTP status.
 *
 * <p>{@link io.apexstore.error.Causes} unwraps what a {@link java.util.concurrent.CompletionStage}
 * hands to its dependents, {@link io.apexstore.error.FileErrors} puts failures of files into words.
 * The package depends on no other package of the store, so every layer may use it.
 */
@NullMarked
package io.apexstore.error;

import org.jspecify.annotations.NullMarked;
