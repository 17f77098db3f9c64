package io.apexstore.engine.io;

import java.nio.file.Path;

/** A process that locks a directory, prints that it has, and waits to be killed. */
final class LockHolder {
  private LockHolder() {}

  public static void main(String[] args) throws Exception {
    try (FileStorage storage = FileStorage.open(Path.of(args[0]));
        AutoCloseable lock = storage.lock("LOCK")) {
      System.out.println(lock == null ? "" : "locked");
      System.in.read();
    }
  }
}
