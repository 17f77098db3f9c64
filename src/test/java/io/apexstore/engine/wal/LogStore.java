package io.apexstore.engine.wal;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/**
 * A minimal engine around a log: a registry in a file of lines with checksums, a counter of file
 * ids, and commits whose content is derived from their version.
 *
 * <p>The counter considers only the ids in the registry, so after a crash it returns ids of files
 * that exist but were not adopted. The log must handle that.
 */
final class LogStore implements SegmentRegistry, AutoCloseable {
  static final UUID STORE = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);
  static final LogOptions SMALL = new LogOptions(16 << 10, 64 << 10, 1 << 20, 0, 2);
  static final Executor NO_BACKGROUND = task -> {};
  static final Executor AT_ONCE = Runnable::run;

  private static final String REGISTRY = "REGISTRY";

  /** The content of the registry. */
  record State(TreeMap<Long, AdoptedSegment> segments, long flushedVersion) {
    List<AdoptedSegment> adopted() {
      return List.copyOf(segments.values());
    }
  }

  /** A commit as it was replayed. */
  record Commit(long version, long timeMs, byte[] batch) {
    boolean isExpected() {
      return Arrays.equals(batch, batchOf(version)) && timeMs == timeOf(version);
    }
  }

  final Storage storage;
  final List<Commit> replayed = new ArrayList<>();
  final ReplayResult result;
  final FileCommitLog log;
  final List<String> calls = new ArrayList<>();
  private final AppendFile registry;
  private final AtomicLong nextFileId;

  private LogStore(Storage storage, LogOptions options, Executor background, FileCipherKeys keys)
      throws IOException {
    this.storage = storage;
    State state = read(storage);
    long newest = state.segments().isEmpty() ? 0 : state.segments().lastKey();
    this.nextFileId = new AtomicLong(newest + 1);
    LogContext context =
        new LogContext(
            storage,
            STORE,
            nextFileId::getAndIncrement,
            background,
            TimeSource.SYSTEM,
            options,
            keys);
    try (LogRecovery recovery =
        LogRecovery.replay(
            context,
            state.adopted(),
            state.flushedVersion(),
            (version, timeMs, bytes, offset, length) ->
                replayed.add(
                    new Commit(
                        version, timeMs, Arrays.copyOfRange(bytes, offset, offset + length))))) {
      this.result = recovery.result();
      LogRecovery.Edit edit = recovery.prepare();
      this.registry = switchRegistry(state, edit);
      this.log = recovery.start(this);
    }
  }

  static LogStore open(Storage storage, LogOptions options, Executor background)
      throws IOException {
    return new LogStore(storage, options, background, FileCipherKeys.NONE);
  }

  static LogStore open(Storage storage, FileCipherKeys keys) throws IOException {
    return new LogStore(storage, SMALL, AT_ONCE, keys);
  }

  static LogStore open(Storage storage) throws IOException {
    return open(storage, SMALL, NO_BACKGROUND);
  }

  /** Returns the batch of a version: mostly small, sometimes larger than a segment. */
  static byte[] batchOf(long version) {
    Random random = new Random(version);
    int length =
        switch (random.nextInt(40)) {
          case 0 -> 0;
          case 1 -> random.nextInt(40_000);
          case 2, 3, 4 -> random.nextInt(3_000);
          default -> random.nextInt(200);
        };
    byte[] batch = new byte[length];
    random.nextBytes(batch);
    return batch;
  }

  static long timeOf(long version) {
    return 1_000_000 + version / 3;
  }

  void add(long version) {
    byte[] batch = batchOf(version);
    log.add(version, timeOf(version), batch, batch.length);
  }

  /** Adds a commit of this many identical bytes. */
  void addBytes(long version, int length) {
    byte[] batch = new byte[length];
    Arrays.fill(batch, (byte) 0xa5);
    log.add(version, timeOf(version), batch, length);
  }

  void commit(long version) throws IOException {
    add(version);
    log.write();
  }

  List<Long> versions() {
    return replayed.stream().map(Commit::version).toList();
  }

  /** Records that commits are in tables, and notifies the log. */
  void flush(long version) throws IOException {
    line("flushed " + version, true);
    log.flushedTo(version);
  }

  @Override
  public synchronized void recordAdopted(long fileId) throws IOException {
    calls.add("adopt " + fileId);
    line("adopt " + fileId, true);
  }

  @Override
  public synchronized void recordEnd(long fileId, long endOffset, long lastVersion)
      throws IOException {
    calls.add("end " + fileId + " " + endOffset + " " + lastVersion);
    line("end " + fileId + " " + endOffset + " " + lastVersion, true);
  }

  @Override
  public synchronized void recordDropped(List<Long> fileIds) throws IOException {
    for (long fileId : fileIds) {
      calls.add("drop " + fileId);
      line("drop " + fileId, false);
    }
    registry.sync();
  }

  private synchronized void line(String line, boolean sync) throws IOException {
    registry.append(ByteBuffer.wrap(checked(line)));
    if (sync) {
      registry.sync();
    }
  }

  private static byte[] checked(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    return (line + "," + crc(bytes) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static long crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return crc.getValue();
  }

  /** Reads the registry up to the first line with a wrong checksum. */
  static State read(Storage storage) throws IOException {
    TreeMap<Long, AdoptedSegment> segments = new TreeMap<>();
    long flushed = 0;
    for (String checked : lines(storage)) {
      int comma = checked.indexOf(',');
      String line = comma < 0 ? "" : checked.substring(0, comma);
      if (comma < 0
          || !checked
              .substring(comma + 1)
              .equals("" + crc(line.getBytes(StandardCharsets.UTF_8)))) {
        break;
      }
      List<String> words = List.of(line.split(" "));
      long number = Long.parseLong(words.get(1));
      switch (words.get(0)) {
        case "adopt" -> segments.put(number, AdoptedSegment.open(number));
        case "end" ->
            segments.put(
                number,
                new AdoptedSegment(
                    number, Long.parseLong(words.get(2)), Long.parseLong(words.get(3))));
        case "drop" -> segments.remove(number);
        default -> flushed = number;
      }
    }
    return new State(segments, flushed);
  }

  private static List<String> lines(Storage storage) throws IOException {
    try (ReadFile file = storage.open(REGISTRY)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
      file.read(0, bytes);
      return List.of(
          new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).split("\n"));
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private AppendFile switchRegistry(State state, LogRecovery.Edit edit) throws IOException {
    if (storage.list().contains(REGISTRY + ".tmp")) {
      storage.delete(REGISTRY + ".tmp");
    }
    AppendFile file = storage.create(REGISTRY + ".tmp");
    StringBuilder lines = new StringBuilder();
    for (AdoptedSegment segment : state.adopted()) {
      put(lines, "adopt " + segment.fileId());
      if (!segment.isOpen()) {
        putEnd(lines, segment);
      }
    }
    edit.ended().forEach(segment -> putEnd(lines, segment));
    edit.dropped().forEach(fileId -> put(lines, "drop " + fileId));
    edit.adopted().forEach(fileId -> put(lines, "adopt " + fileId));
    put(lines, "flushed " + state.flushedVersion());
    file.append(ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8)));
    file.sync();
    storage.rename(REGISTRY + ".tmp", REGISTRY);
    storage.syncDirectory();
    return file;
  }

  private static void putEnd(StringBuilder lines, AdoptedSegment segment) {
    put(lines, "end " + segment.fileId() + " " + segment.endOffset() + " " + segment.lastVersion());
  }

  private static void put(StringBuilder lines, String line) {
    lines.append(new String(checked(line), StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    log.close();
    registry.sync();
    registry.close();
  }
}
