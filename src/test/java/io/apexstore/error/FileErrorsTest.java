package io.apexstore.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A message about a file says what was attempted, with which file, and why it failed. */
class FileErrorsTest {
  private static final Path FILE = Path.of("/data/LOCK");
  private static final String PATH = FILE.toString();

  @Test
  void anExceptionWhoseMessageIsOnlyThePathGetsAReason() {
    Map<IOException, String> reasons =
        Map.of(
            new AccessDeniedException(PATH), "permission denied",
            new NotDirectoryException(PATH), "it is not a directory",
            new DirectoryNotEmptyException(PATH), "the directory is not empty",
            new FileSystemLoopException(PATH), "its symbolic links form a loop",
            new NotLinkException(PATH), "it is not a symbolic link",
            new ClosedChannelException(), "the file is closed",
            new MalformedInputException(1), "it is not UTF-8 text",
            new FileSystemException(PATH), "FileSystemException",
            new FileSystemException(PATH, null, "Read-only file system"), "Read-only file system",
            new IOException("Input/output error"), "Input/output error");
    reasons.forEach(
        (e, reason) -> {
          IOException explained = FileErrors.explained("opening", FILE, e);
          assertEquals("opening " + PATH + ": " + reason, explained.getMessage());
          assertSame(e, explained.getCause());
        });
    assertEquals(
        "it cannot be renamed in one step",
        FileErrors.reason(new AtomicMoveNotSupportedException(PATH, PATH, null)));
  }

  @Test
  void typesThatCallersDistinguishAreKept() {
    IOException missing = FileErrors.explained("deleting", FILE, new NoSuchFileException("LOCK"));
    assertInstanceOf(NoSuchFileException.class, missing);
    assertEquals(PATH + ": there is no such file or directory (deleting)", missing.getMessage());
    IOException exists =
        FileErrors.explained("creating", FILE, new FileAlreadyExistsException("LOCK"));
    assertInstanceOf(FileAlreadyExistsException.class, exists);
    assertEquals(PATH + ": it exists already (creating)", exists.getMessage());
  }
}
