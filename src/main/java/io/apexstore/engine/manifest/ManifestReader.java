package io.apexstore.engine.manifest;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.codec.FileHeader;
import io.apexstore.engine.codec.FileType;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import io.apexstore.engine.manifest.ManifestFormat.Defect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a manifest edit by edit. It changes nothing.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class ManifestReader {
  private final String name;
  private final byte[] bytes;
  private final FileHeader header;
  private int next = FileHeader.BYTES;
  private int offset;
  private @Nullable VersionEdit edit;

  private ManifestReader(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
    this.header = FileHeader.decode(bytes, FileType.MANIFEST, ManifestFormat.VERSION, name);
  }

  /**
   * Opens a manifest.
   *
   * @throws EngineException {@code CORRUPTION} or {@code UNSUPPORTED_FORMAT} for its header
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  public static ManifestReader open(Storage storage, String name) throws IOException {
    try (ReadFile file = storage.open(name)) {
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(file.size()));
      int read = file.read(0, buffer);
      return new ManifestReader(name, Arrays.copyOf(buffer.array(), read));
    }
  }

  /** The file's header, which names the store. */
  public FileHeader header() {
    return header;
  }

  /**
   * Goes to the next edit.
   *
   * @return false at the end, which is the end of the file or a torn edit
   * @throws EngineException {@code CORRUPTION} if this edit is damaged and a later one is not, or
   *     if it is the first one
   */
  public boolean next() {
    offset = next;
    if (next == bytes.length && next > FileHeader.BYTES) {
      return false;
    }
    Defect defect = ManifestFormat.describeDefect(header, bytes, next);
    if (defect == null) {
      int length = ManifestFormat.payloadBytes(bytes, next);
      int payload = next + ManifestFormat.FRAME_HEADER_BYTES;
      edit = VersionEditCodec.decode(name, bytes, payload, length);
      next = payload + length;
      return true;
    }
    if (next == FileHeader.BYTES) {
      throw EngineException.corruption(
          name,
          next,
          "the state it begins with: " + defect.what(),
          defect.expected(),
          defect.actual());
    }
    int whole = nextWholeFrame(next + 1);
    if (whole >= 0) {
      throw EngineException.corruption(
          name,
          next,
          "a whole edit follows at offset " + whole + ", so this is damage: " + defect.what(),
          defect.expected(),
          defect.actual());
    }
    return false;
  }

  /** Reads all that is left and returns the state reached. */
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
   * @throws EngineException {@code CORRUPTION} if it does not fit the edits before it
   */
  public void applyTo(StoreState.Replay replay) {
    try {
      replay.apply(edit());
    } catch (IllegalArgumentException e) {
      throw EngineException.corruption(
          name,
          offset,
          "edit",
          "one that fits the edits before it",
          String.valueOf(e.getMessage()));
    }
  }

  /** The current edit; requires that {@link #next} was true. */
  public VersionEdit edit() {
    if (edit == null) {
      throw new IllegalStateException("next() comes first");
    }
    return edit;
  }

  /** Where the current edit begins, or at the end, where the edits end: bytes from the start. */
  public long offset() {
    return offset;
  }

  /** Bytes that the current edit's frame takes. */
  public int frameBytes() {
    return next - offset;
  }

  /** At the end: bytes of a torn edit that follow the last whole one. */
  public int tornBytes() {
    return bytes.length - next;
  }

  private int nextWholeFrame(int from) {
    for (int at = from; at <= bytes.length - ManifestFormat.FRAME_HEADER_BYTES; at++) {
      if (bytes[at] == (byte) ManifestFormat.MARK && ManifestFormat.isFrame(header, bytes, at)) {
        return at;
      }
    }
    return -1;
  }
}
