package io.apexstore.siege;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A disk of a limited size, mounted from memory, that is filled with a file and emptied again, by
 * turns.
 *
 * <p><b>Threads:</b> {@link #run} has its own; the other methods, one thread.
 */
final class Ballast implements Runnable, AutoCloseable {
  private final Path mount;
  private final Random random;
  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicInteger timesFull = new AtomicInteger();

  private Ballast(Path mount, long seed) {
    this.mount = mount;
    this.random = new Random(seed);
  }

  /**
   * Mounts the disk.
   *
   * @throws IOException if this process may not mount
   */
  static Ballast mount(Path folder, int sizeMib, long seed) throws IOException {
    Files.createDirectories(folder);
    run("mount", "-t", "tmpfs", "-o", "size=" + sizeMib + "m,mode=700", "tmpfs", folder.toString());
    return new Ballast(folder, seed);
  }

  /** Returns how often the disk was full. */
  int timesFull() {
    return timesFull.get();
  }

  @Override
  public void run() {
    Path file = mount.resolve("ballast");
    try {
      while (end.getCount() > 0) {
        fill(file);
        pause(random.nextInt(500, 4_000));
        Files.deleteIfExists(file);
        pause(random.nextInt(2_000, 8_000));
      }
      Files.deleteIfExists(file);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends {@link #run}, and leaves the disk with room. */
  void stop() {
    end.countDown();
  }

  private void fill(Path file) {
    byte[] bytes = new byte[64 << 10];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (end.getCount() > 0) {
        out.write(bytes);
      }
    } catch (IOException e) {
      timesFull.incrementAndGet(); // there is no room left, which is the aim
    }
  }

  private void pause(long ms) throws InterruptedException {
    end.await(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() throws IOException {
    run("umount", mount.toString());
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output.strip());
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
