package io.apexstore.engine.manifest;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestFormat.Defect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A reader of a manifest, edit by edit. It never writes.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class ManifestReader {
  private final String name;
  private final byte[] bytes;
  private final FileHeader header;
  private final BlockCipher cipher;
  private final AesGcm gcm = new AesGcm();
  private long ordinal;
  // Start and end of the current edit; at the end of the manifest, both are the last edit's end.
  private int offset;
  private int end;
  private @Nullable VersionEdit edit;

  private ManifestReader(String name, byte[] bytes, FileCipherKeys fileKeys) {
    this.name = name;
    this.bytes = bytes;
    this.header = FileHeader.decode(bytes, FileType.MANIFEST, ManifestFormat.VERSION, name);
    this.cipher = fileKeys.cipher(header, name);
  }

  /** Opens a manifest that is not encrypted. */
  public static ManifestReader open(Storage storage, String name) throws IOException {
    return open(storage, name, FileCipherKeys.NONE);
  }

  /**
   * Opens a manifest.
   *
   * @throws EngineException {@code CORRUPTION}, {@code UNSUPPORTED_FORMAT} or {@code
   *     KEY_UNAVAILABLE} for its header
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  public static ManifestReader open(Storage storage, String name, FileCipherKeys fileKeys)
      throws IOException {
    try (ReadFile file = storage.open(name)) {
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(file.size()));
      int read = file.read(0, buffer);
      return new ManifestReader(name, Arrays.copyOf(buffer.array(), read), fileKeys);
    }
  }

  /**
   * Reads a manifest's header, for which no encryption key is needed.
   *
   * @throws EngineException {@code CORRUPTION} or {@code UNSUPPORTED_FORMAT}
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  public static FileHeader header(Storage storage, String name) throws IOException {
    try (ReadFile file = storage.open(name)) {
      ByteBuffer buffer = ByteBuffer.allocate(FileHeader.BYTES);
      int read = file.read(0, buffer);
      byte[] bytes = Arrays.copyOf(buffer.array(), read);
      return FileHeader.decode(bytes, FileType.MANIFEST, ManifestFormat.VERSION, name);
    }
  }

  /** Returns the file's header, which contains the id of the store. */
  public FileHeader header() {
    return header;
  }

  /**
   * Advances to the next edit.
   *
   * @return false at the end, which is the end of the file or a torn edit
   * @throws EngineException {@code CORRUPTION} if the edit is not whole and something whole follows
   *     it, or if it is the first edit
   */
  public boolean next() {
    boolean first = end == 0;
    int start = first ? FileHeader.BYTES : end + ManifestFormat.DONE_BYTES;
    if (!first && start >= bytes.length) {
      offset = end;
      return false;
    }
    offset = start;
    Defect defect = ManifestFormat.describeDefect(header, bytes, start);
    if (defect == null) {
      int length = ManifestFormat.payloadBytes(bytes, start);
      byte[] open = ManifestFormat.open(header, cipher, gcm, ordinal, bytes, start);
      if (open == null) {
        throw EngineException.corruption(
            name, start, "seal of edit " + ordinal, "an intact one", "a broken one");
      }
      int payload = start + ManifestFormat.EDIT_HEADER_BYTES;
      edit = VersionEditCodec.decode(name, payload, open);
      ordinal++;
      end = payload + length;
      return true;
    }
    if (first) {
      throw damaged("the first edit, which contains the initial state: ", defect);
    }
    int whole = nextWhole(start + 1);
    if (whole >= 0) {
      throw damaged("an edit that was once on disk, since offset " + whole + " is whole: ", defect);
    }
    offset = end;
    return false;
  }

  /** Reads the remaining edits and returns the resulting state. */
  public StoreState readToEnd() {
    StoreState.Replay replay = new StoreState.Replay(StoreState.EMPTY);
    while (next()) {
      applyTo(replay);
    }
    return replay.state();
  }

  /**
   * Applies the current edit.
   *
   * @throws EngineException {@code CORRUPTION} if it does not fit the preceding edits
   */
  void applyTo(StoreState.Replay replay) {
    try {
      replay.apply(edit());
    } catch (IllegalArgumentException e) {
      throw EngineException.corruption(
          name,
          offset,
          "edit",
          "one that fits the preceding edits",
          String.valueOf(e.getMessage()));
    }
  }

  /** Returns the current edit; requires that {@link #next} returned true. */
  VersionEdit edit() {
    if (edit == null) {
      throw new IllegalStateException("next() must be called first");
    }
    return edit;
  }

  /**
   * Returns the file offset of the current edit; at the end of the manifest, the offset at which
   * the last edit ends.
   */
  public long offset() {
    return offset;
  }

  /** Returns the length of the current edit in bytes. */
  int editBytes() {
    return end - offset;
  }

  /**
   * Returns the number of bytes of a torn edit, which follow the last whole edit and its end mark;
   * requires that {@link #next} returned false.
   */
  public int tornBytes() {
    return Math.max(0, bytes.length - end - ManifestFormat.DONE_BYTES);
  }

  private EngineException damaged(String where, Defect defect) {
    return EngineException.corruption(
        name, offset, where + defect.what(), defect.expected(), defect.actual());
  }

  private int nextWhole(int from) {
    for (int at = from; at <= bytes.length - ManifestFormat.DONE_BYTES; at++) {
      if (ManifestFormat.isWhole(header, bytes, at)) {
        return at;
      }
    }
    return -1;
  }
}
