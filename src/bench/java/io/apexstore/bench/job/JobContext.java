package io.apexstore.bench.job;

import io.apexstore.bench.store.BenchStore;
import io.apexstore.bench.store.Dataset;
import io.apexstore.bench.store.KeyShape;
import io.apexstore.bench.store.StoreKind;
import io.apexstore.bench.store.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What a job works with: one store, a folder of its own, how keys look, how long a round takes.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class JobContext {
  private final StoreKind kind;
  private final Path folder;
  private final KeyShape shape;
  private final double seconds;
  private Path current;

  /** A context; the folder is kept for the whole run, so that a loaded dataset serves many jobs. */
  public JobContext(StoreKind kind, Path folder, KeyShape shape, double seconds) {
    this.kind = kind;
    this.folder = folder;
    this.current = folder;
    this.shape = shape;
    this.seconds = seconds;
  }

  /** The store. */
  public StoreKind kind() {
    return kind;
  }

  /** How keys look. */
  public KeyShape shape() {
    return shape;
  }

  /** How long a timed round takes, in seconds. */
  public double seconds() {
    return seconds;
  }

  /** Bytes of disk that the directory takes that the job used last. */
  public long diskBytes() throws IOException {
    return Files.exists(current) ? Folders.diskBytesOf(current) : 0;
  }

  /** Returns an empty directory, removing what was there. */
  public Path emptyDirectory(String name) throws IOException {
    Path directory = folder.resolve(name);
    Folders.delete(directory);
    current = directory;
    return directory;
  }

  /** Opens a store in an empty directory. */
  public BenchStore openEmpty(String name, StoreSettings settings) throws Exception {
    return kind.open(emptyDirectory(name), settings);
  }

  /** Opens the store that holds the dataset, settled; loads it if no job of this run has. */
  public BenchStore openLoaded(Dataset dataset, StoreSettings settings) throws Exception {
    Path directory = folder.resolve(name(dataset));
    Path loaded = loadedMark(dataset);
    current = directory;
    if (!Files.exists(loaded)) {
      Folders.delete(directory);
      try (BenchStore store = kind.open(directory, StoreSettings.unsyncedWrites())) {
        store.load(dataset);
        store.settle();
      }
      Files.createFile(loaded);
    }
    return kind.open(directory, settings);
  }

  /** Says that the dataset gets changed, so that the next job loads it again. */
  public void spoil(Dataset dataset) throws IOException {
    Files.deleteIfExists(loadedMark(dataset));
  }

  private Path loadedMark(Dataset dataset) {
    return folder.resolve(name(dataset) + ".loaded");
  }

  private static String name(Dataset dataset) {
    return "data-" + dataset.shape().name().toLowerCase(Locale.ROOT) + "-" + dataset.keys();
  }
}
