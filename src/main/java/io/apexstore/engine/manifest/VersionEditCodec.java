package io.apexstore.engine.manifest;

import static io.apexstore.engine.manifest.ManifestFormat.INT;
import static io.apexstore.engine.manifest.ManifestFormat.LONG;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.UnicodeText;
import io.apexstore.engine.encryption.EncryptionTag;
import io.apexstore.options.KeyspaceOptions;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The encoding of a {@link VersionEdit}: its changes one after another, each a tag and a body.
 *
 * <pre>
 *   1  next file id       i64 file id
 *   2  next keyspace id   i32 keyspace id
 *   3  version ceiling    i64 version
 *   4  keyspace created   i32 id, bytes name, i32 n, n × (bytes option, bytes value)
 *   5  keyspace dropped   i32 id
 *   6  flushed to         i32 keyspace id, i64 version
 *   7  table added        i64 file id, i64 file bytes, i32 keyspace id, u8 level,
 *                         bytes smallest key, bytes largest key, i64 oldest version,
 *                         i64 newest version, i64 entries, i64 tombstones, i64 oldest expiry in ms,
 *                         i32 range tombstones, encryption
 *   8  table removed      i32 keyspace id, i64 file id
 *   9  log adopted        i64 file id, encryption
 *  10  log ended          i64 file id, i64 end offset, i64 last version
 *  11  log dropped        i64 file id
 *  12  clean shutdown     i64 last version
 *  13  readable since     i64 version
 *  14  time mark added    i64 time in ms, i64 version, i64 time in ms before which marks are dropped
 *  15  KEYS generation    i64 generation
 *  16  keyspace changed   i32 id, i32 n, n × (bytes option, bytes value)
 *  17  history begun      i64 first version, i64 version at open, i32 id
 *  18  all flushed to     i64 version
 *
 *  encryption := i64 data key epoch, i64 first eight bytes of the salt; zeros if the file is not
 *                encrypted
 *  bytes      := i32 length, that many bytes (names and options in UTF-8)
 * </pre>
 *
 * A tag is one byte; numbers are little-endian.
 */
final class VersionEditCodec {
  private static final byte NEXT_FILE_ID = 1;
  private static final byte NEXT_KEYSPACE_ID = 2;
  private static final byte VERSION_CEILING = 3;
  private static final byte KEYSPACE_CREATED = 4;
  private static final byte KEYSPACE_DROPPED = 5;
  private static final byte FLUSHED_TO = 6;
  private static final byte TABLE_ADDED = 7;
  private static final byte TABLE_REMOVED = 8;
  private static final byte LOG_ADOPTED = 9;
  private static final byte LOG_ENDED = 10;
  private static final byte LOG_DROPPED = 11;
  private static final byte CLEAN_SHUTDOWN = 12;
  private static final byte READABLE_SINCE = 13;
  private static final byte TIME_MARK_ADDED = 14;
  private static final byte DATA_KEYS_GENERATION = 15;
  private static final byte KEYSPACE_CHANGED = 16;
  private static final byte HISTORY_BEGUN = 17;
  private static final byte ALL_FLUSHED_TO = 18;

  private VersionEditCodec() {}

  static byte[] encode(VersionEdit edit) {
    Encoder out = new Encoder();
    for (ManifestChange change : edit.changes()) {
      switch (change) {
        case ManifestChange.NextFileId c -> out.tag(NEXT_FILE_ID).i64(c.fileId());
        case ManifestChange.NextKeyspaceId c -> out.tag(NEXT_KEYSPACE_ID).i32(c.keyspaceId());
        case ManifestChange.VersionCeiling c -> out.tag(VERSION_CEILING).i64(c.version());
        case ManifestChange.KeyspaceCreated c -> out.tag(KEYSPACE_CREATED).keyspace(c.keyspace());
        case ManifestChange.KeyspaceDropped c -> out.tag(KEYSPACE_DROPPED).i32(c.keyspaceId());
        case ManifestChange.FlushedTo c -> out.tag(FLUSHED_TO).i32(c.keyspaceId()).i64(c.version());
        case ManifestChange.TableAdded c -> out.tag(TABLE_ADDED).table(c.table());
        case ManifestChange.TableRemoved c ->
            out.tag(TABLE_REMOVED).i32(c.keyspaceId()).i64(c.fileId());
        case ManifestChange.LogAdopted c ->
            out.tag(LOG_ADOPTED).i64(c.fileId()).encryption(c.encryption());
        case ManifestChange.LogEnded c ->
            out.tag(LOG_ENDED).i64(c.fileId()).i64(c.endOffset()).i64(c.lastVersion());
        case ManifestChange.LogDropped c -> out.tag(LOG_DROPPED).i64(c.fileId());
        case ManifestChange.CleanShutdown c -> out.tag(CLEAN_SHUTDOWN).i64(c.lastVersion());
        case ManifestChange.ReadableSince c -> out.tag(READABLE_SINCE).i64(c.version());
        case ManifestChange.TimeMarkAdded c ->
            out.tag(TIME_MARK_ADDED)
                .i64(c.mark().timeMs())
                .i64(c.mark().version())
                .i64(c.dropBeforeMs());
        case ManifestChange.DataKeysGeneration c ->
            out.tag(DATA_KEYS_GENERATION).i64(c.generation());
        case ManifestChange.KeyspaceChanged c ->
            out.tag(KEYSPACE_CHANGED).i32(c.keyspaceId()).options(c.options());
        case ManifestChange.HistoryBegun c ->
            out.tag(HISTORY_BEGUN)
                .i64(c.mark().firstVersion())
                .i64(c.mark().openedAtVersion())
                .i32(c.mark().id());
        case ManifestChange.AllFlushedTo c -> out.tag(ALL_FLUSHED_TO).i64(c.version());
      }
    }
    return out.toBytes();
  }

  /**
   * Decodes an edit from its payload, whose checksum and seal have been verified.
   *
   * @param file the manifest's name, for messages
   * @param start file offset of the payload, for messages
   * @throws EngineException {@code UNSUPPORTED_FORMAT} for an unknown tag, {@code CORRUPTION} if
   *     the bytes end too early
   */
  static VersionEdit decode(String file, int start, byte[] payload) {
    Decoder in = new Decoder(file, start, payload);
    VersionEdit.Builder edit = VersionEdit.builder();
    while (in.hasMore()) {
      edit.add(change(in));
    }
    return edit.build();
  }

  private static ManifestChange change(Decoder in) {
    byte tag = in.tag();
    return switch (tag) {
      case NEXT_FILE_ID -> new ManifestChange.NextFileId(in.i64());
      case NEXT_KEYSPACE_ID -> new ManifestChange.NextKeyspaceId(in.i32());
      case VERSION_CEILING -> new ManifestChange.VersionCeiling(in.i64());
      case KEYSPACE_CREATED -> new ManifestChange.KeyspaceCreated(in.keyspace());
      case KEYSPACE_DROPPED -> new ManifestChange.KeyspaceDropped(in.i32());
      case FLUSHED_TO -> new ManifestChange.FlushedTo(in.i32(), in.i64());
      case TABLE_ADDED -> new ManifestChange.TableAdded(in.table());
      case TABLE_REMOVED -> new ManifestChange.TableRemoved(in.i32(), in.i64());
      case LOG_ADOPTED -> new ManifestChange.LogAdopted(in.i64(), in.encryption());
      case LOG_ENDED -> new ManifestChange.LogEnded(in.i64(), in.i64(), in.i64());
      case LOG_DROPPED -> new ManifestChange.LogDropped(in.i64());
      case CLEAN_SHUTDOWN -> new ManifestChange.CleanShutdown(in.i64());
      case READABLE_SINCE -> new ManifestChange.ReadableSince(in.i64());
      case TIME_MARK_ADDED ->
          new ManifestChange.TimeMarkAdded(new TimeMark(in.i64(), in.i64()), in.i64());
      case DATA_KEYS_GENERATION -> new ManifestChange.DataKeysGeneration(in.i64());
      case KEYSPACE_CHANGED -> in.keyspaceChanged();
      case HISTORY_BEGUN ->
          new ManifestChange.HistoryBegun(new HistoryMark(in.i64(), in.i64(), in.i32()));
      case ALL_FLUSHED_TO -> new ManifestChange.AllFlushedTo(in.i64());
      default -> throw in.unknownTag(tag);
    };
  }

  /** A growing byte array that values are appended to. */
  private static final class Encoder {
    private byte[] bytes = new byte[256];
    private int length;

    Encoder tag(byte tag) {
      reserve(1);
      bytes[length++] = tag;
      return this;
    }

    Encoder i32(int value) {
      reserve(Integer.BYTES);
      INT.set(bytes, length, value);
      length += Integer.BYTES;
      return this;
    }

    Encoder i64(long value) {
      reserve(Long.BYTES);
      LONG.set(bytes, length, value);
      length += Long.BYTES;
      return this;
    }

    Encoder bytes(byte[] value) {
      i32(value.length);
      reserve(value.length);
      System.arraycopy(value, 0, bytes, length, value.length);
      length += value.length;
      return this;
    }

    Encoder text(String value) {
      return bytes(UnicodeText.encode(value));
    }

    Encoder keyspace(KeyspaceMeta keyspace) {
      return i32(keyspace.id()).text(keyspace.name()).options(keyspace.options());
    }

    Encoder options(KeyspaceOptions options) {
      Map<String, String> text = KeyspaceOptionsText.of(options);
      i32(text.size());
      text.forEach((option, value) -> text(option).text(value));
      return this;
    }

    Encoder table(TableMeta t) {
      i64(t.fileId()).i64(t.fileBytes()).i32(t.keyspaceId()).tag((byte) t.level());
      bytes(t.smallestKey()).bytes(t.largestKey()).i64(t.minVersion()).i64(t.maxVersion());
      i64(t.entryCount()).i64(t.tombstoneCount()).i64(t.oldestExpiryMs());
      return i32(t.rangeTombstoneCount()).encryption(t.encryption());
    }

    Encoder encryption(EncryptionTag tag) {
      return i64(tag.dataKeyEpoch()).i64(tag.saltPrefix());
    }

    byte[] toBytes() {
      return Arrays.copyOf(bytes, length);
    }

    private void reserve(int more) {
      if (length + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
      }
    }
  }

  /** A byte array that values are read from, in order. */
  private static final class Decoder {
    private final String file;
    private final int start;
    private final byte[] bytes;
    private int at;

    Decoder(String file, int start, byte[] bytes) {
      this.file = file;
      this.start = start;
      this.bytes = bytes;
    }

    boolean hasMore() {
      return at < bytes.length;
    }

    byte tag() {
      return bytes[take(1)];
    }

    int i32() {
      return (int) INT.get(bytes, take(Integer.BYTES));
    }

    long i64() {
      return (long) LONG.get(bytes, take(Long.BYTES));
    }

    byte[] bytes() {
      int length = i32();
      int from = take(length);
      return Arrays.copyOfRange(bytes, from, from + length);
    }

    String text() {
      int from = start + at;
      try {
        return UnicodeText.decode(bytes());
      } catch (CharacterCodingException e) {
        throw EngineException.corruption(file, from, "text", "UTF-8", "other bytes");
      }
    }

    KeyspaceMeta keyspace() {
      int id = i32();
      String name = text();
      return new KeyspaceMeta(id, name, options(name));
    }

    ManifestChange keyspaceChanged() {
      int id = i32();
      return new ManifestChange.KeyspaceChanged(id, options(Integer.toString(id)));
    }

    private KeyspaceOptions options(String keyspace) {
      int count = i32();
      Map<String, String> text = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        text.put(text(), text());
      }
      return KeyspaceOptionsText.parse(file, keyspace, text);
    }

    TableMeta table() {
      return new TableMeta(
          i64(),
          i64(),
          i32(),
          tag(),
          bytes(),
          bytes(),
          i64(),
          i64(),
          i64(),
          i64(),
          i64(),
          i32(),
          encryption());
    }

    EncryptionTag encryption() {
      return new EncryptionTag(i64(), i64());
    }

    EngineException unknownTag(byte tag) {
      return new EngineException(
          Failure.UNSUPPORTED_FORMAT,
          file
              + " at offset "
              + (start + at - 1)
              + ": change "
              + tag
              + ", this build reads 1 to "
              + HISTORY_BEGUN);
    }

    private int take(int count) {
      if (count < 0 || count > bytes.length - at) {
        throw EngineException.corruption(
            file, start + at, "part of an edit", "0 to " + (bytes.length - at) + " bytes", count);
      }
      int from = at;
      at += count;
      return from;
    }
  }
}
