package io.apexstore.error;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.CharacterCodingException;
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

/**
 * Words for the failures of files. The message of an exception of {@code java.nio.file} is often
 * only a path, because its class is the reason; that of a channel is only the system's text. A
 * message for people says what was attempted, with which file, and why it failed.
 */
public final class FileErrors {
  private FileErrors() {}

  /**
   * Returns why an operation failed, for the end of a message, such as {@code permission denied}.
   * The system's own texts are in the user's language.
   */
  public static String reason(IOException e) {
    String given = e instanceof FileSystemException known ? known.getReason() : e.getMessage();
    if (given != null && !given.isBlank() && !(e instanceof CharacterCodingException)) {
      return given;
    }
    return switch (e) {
      case AccessDeniedException denied -> "permission denied";
      case NoSuchFileException missing -> "there is no such file or directory";
      case NotDirectoryException file -> "it is not a directory";
      case FileAlreadyExistsException exists -> "it exists already";
      case DirectoryNotEmptyException full -> "the directory is not empty";
      case FileSystemLoopException loop -> "its symbolic links form a loop";
      case NotLinkException none -> "it is not a symbolic link";
      case AtomicMoveNotSupportedException move -> "it cannot be renamed in one step";
      case ClosedChannelException closed -> "the file is closed";
      case CharacterCodingException text -> "it is not UTF-8 text";
      default -> e.getClass().getSimpleName();
    };
  }

  /**
   * Returns a message of what was attempted, the file, and the reason, such as {@code opening
   * /data/LOCK: permission denied}.
   *
   * @param doing what was attempted, such as {@code opening}
   */
  public static String message(String doing, Path file, IOException e) {
    return doing + " " + file + ": " + reason(e);
  }

  /**
   * Returns an exception with that {@link #message}. A {@link NoSuchFileException} and a {@link
   * FileAlreadyExistsException} keep their types, which callers distinguish; their messages then
   * begin with the file.
   */
  public static IOException explained(String doing, Path file, IOException e) {
    String path = file.toString();
    String why = reason(e) + " (" + doing + ")";
    IOException explained =
        switch (e) {
          case NoSuchFileException missing -> new NoSuchFileException(path, null, why);
          case FileAlreadyExistsException exists -> new FileAlreadyExistsException(path, null, why);
          default -> new IOException(message(doing, file, e));
        };
    explained.initCause(e);
    return explained;
  }
}
