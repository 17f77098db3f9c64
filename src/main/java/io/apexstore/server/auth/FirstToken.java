package io.apexstore.server.auth;

import io.apexstore.error.ApexException;
import io.apexstore.error.FileErrors;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** The administrator's token that a new store starts with. */
public final class FirstToken {
  private FirstToken() {}

  /**
   * Creates a token if the store has none, and writes it to a file that only its owner can read.
   *
   * <p>The file is written before the token is stored. A crash in between leaves a file with a
   * token that is not accepted; the next start creates another token and replaces the file.
   *
   * @return whether a token was created
   * @throws ApexException {@code STORAGE_FAILED} if the file cannot be written; then no token is
   *     created
   */
  public static boolean createIfNone(TokenStore tokens, Path file, long nowMs) {
    if (!tokens.isEmpty()) {
      return false;
    }
    TokenText token = tokens.generate();
    try {
      write(file, token.text() + "\n");
    } catch (IOException e) {
      throw new ApexException(
          ApexException.Code.STORAGE_FAILED,
          "the first token cannot be written: " + FileErrors.message("writing", file, e),
          e);
    }
    tokens.store(token, Role.ADMIN, nowMs);
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
    Files.createFile(file, ownerOnly); // fails if another process created a link there
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.DSYNC)) {
      out.write(text.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
