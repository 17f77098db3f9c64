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
 * The context of a job: the store, a directory, the shape of the keys, the length of a round.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class JobContext {
  private final StoreKind kind;
  private final Path folder;
  private final KeyShape shape;
  private final double seconds;
  private Path current;

  /**
   * Creates a context. The directory is kept for the run, so that many jobs use a loaded dataset.
   */
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

  /** The shape of the keys. */
  public KeyShape shape() {
    return shape;
  }

  /** The length of a timed round, in seconds. */
  public double seconds() {
    return seconds;
  }

  /** Bytes on disk of the directory that the job used last. */
  public long diskBytes() throws IOException {
    return Files.exists(current) ? Folders.diskBytesOf(current) : 0;
  }

  /** Returns an empty directory; deletes its old content. */
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

  /** Opens a store that holds the dataset, at rest; loads it if no job of this run has done so. */
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

  /** Marks the dataset as changed, so that the next job loads it again. */
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
