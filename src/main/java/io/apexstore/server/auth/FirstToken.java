package io.apexstore.server.auth;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Makes the administrator's token that a new store starts with. */
public final class FirstToken {
  private FirstToken() {}

  /**
   * Where the store has no token yet, makes one and writes it to a file that only its owner can
   * read. The file comes first: a crash in between leaves a file whose token is not known, and the
   * next start makes another.
   *
   * @return whether one was made
   * @throws UncheckedIOException if the file cannot be written; no token is made then
   */
  public static boolean makeIfNone(TokenStore tokens, Path file, long nowMs) {
    if (!tokens.isEmpty()) {
      return false;
    }
    TokenText token = tokens.draw();
    try {
      write(file, token.text() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("the first token cannot be written to " + file, e);
    }
    tokens.keep(token, Role.ADMIN, nowMs);
    return true;
  }

  private static void write(Path file, String text) throws IOException {
    FileSystem files = file.getFileSystem();
    boolean posix = files.supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] ownerOnly =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    Files.deleteIfExists(file);
    Files.createFile(file, ownerOnly); // fails where somebody put a link there meanwhile
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.DSYNC)) {
      out.write(text.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
