package io.apexstore.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A storage whose operations fail or are delayed as a test scripts it. All others are forwarded to
 * another storage.
 *
 * <p><b>Threads:</b> any. Hooks run on the calling thread, before the operation.
 */
public final class FaultStorage implements Storage {
  /** The kinds of operations. */
  public enum Kind {
    /** {@link Storage#create}. */
    CREATE,
    /** {@link AppendFile#append}. */
    APPEND,
    /** {@link AppendFile#sync}. */
    APPEND_SYNC,
    /** {@link Storage#createRegion}. */
    CREATE_REGION,
    /** {@link Storage#openRegion}. */
    OPEN_REGION,
    /** {@link RegionFile#write}. */
    REGION_WRITE,
    /** {@link RegionFile#sync}. */
    REGION_SYNC,
    /** {@link Storage#open}. */
    OPEN,
    /** {@link ReadFile#read}. */
    READ,
    /** {@link Storage#list}. */
    LIST,
    /** {@link Storage#rename}; the name is the old one. */
    RENAME,
    /** {@link Storage#delete}. */
    DELETE,
    /** {@link Storage#syncDirectory}; the name is empty. */
    SYNC_DIRECTORY,
    /** {@link Storage#lock}. */
    LOCK,
    /** Closing a file of any sort. */
    CLOSE
  }

  /** A hook that runs before an operation. */
  @FunctionalInterface
  public interface Hook {
    /** Returns, possibly after a delay, to let the operation continue, or throws. */
    void before(Kind kind, String name) throws IOException;
  }

  /** An installed hook; counts the operations that it was called for. */
  public final class Rule {
    private final Kind kind;
    private final Predicate<String> names;
    private final Hook hook;
    private final AtomicLong seen = new AtomicLong();

    Rule(Kind kind, Predicate<String> names, Hook hook) {
      this.kind = kind;
      this.names = names;
      this.hook = hook;
    }

    /** Returns the number of operations that the hook was called for. */
    public long seen() {
      return seen.get();
    }

    /** Removes the hook. */
    public void stop() {
      rules.remove(this);
    }
  }

  /** Thrown by a hook so that a sync fails and loses its bytes; never leaves this class. */
  private static final class LosePages extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private final Storage delegate;
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private volatile @Nullable LongSupplier usableBytes;

  /** Creates a storage without faults. */
  public FaultStorage(Storage delegate) {
    this.delegate = delegate;
  }

  /** Installs a hook for every operation of a kind on files whose name matches. */
  public Rule before(Kind kind, Predicate<String> names, Hook hook) {
    Rule rule = new Rule(kind, names, hook);
    rules.add(rule);
    return rule;
  }

  /** Installs a hook for every operation of a kind. */
  public Rule before(Kind kind, Hook hook) {
    return before(kind, name -> true, hook);
  }

  /** Fails only the nth operation of a kind from now on; the first is 1. */
  public Rule failNth(Kind kind, long nth, String message) {
    AtomicLong count = new AtomicLong();
    return before(
        kind,
        (k, name) -> {
          if (count.incrementAndGet() == nth) {
            throw new IOException(message);
          }
        });
  }

  /**
   * Fails the nth sync of a kind from now on as on Linux: the failure is reported once, then the
   * pages count as clean, so a repeated sync succeeds although the bytes never reach the disk.
   */
  public Rule failNthSyncAndLosePages(Kind kind, long nth) {
    AtomicLong count = new AtomicLong();
    return before(
        kind,
        (k, name) -> {
          if (count.incrementAndGet() == nth) {
            throw new LosePages();
          }
        });
  }

  /** Fails every operation that needs room until the returned rules are stopped. */
  public List<Rule> fillDisk() {
    Hook full =
        (kind, name) -> {
          throw new DiskFullException("disk full: " + kind + " of " + name, null);
        };
    return List.of(
        before(Kind.CREATE, full), before(Kind.CREATE_REGION, full), before(Kind.APPEND, full));
  }

  /** Sets the result of {@link #usableBytes()}; null for that of the other storage. */
  public void setUsableBytes(@Nullable LongSupplier usableBytes) {
    this.usableBytes = usableBytes;
  }

  /** Durably inverts every bit of one byte of a file. */
  public static void flipByte(Storage storage, String name, long offset) throws IOException {
    byte[] bytes = contentOf(storage, name);
    bytes[(int) offset] ^= (byte) 0xff;
    replace(storage, name, bytes, bytes.length);
  }

  /** Durably truncates a file. */
  public static void cut(Storage storage, String name, int sizeBytes) throws IOException {
    replace(storage, name, contentOf(storage, name), sizeBytes);
  }

  /** Returns all bytes of a file. */
  public static byte[] contentOf(Storage storage, String name) throws IOException {
    try (ReadFile file = storage.open(name)) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
      file.read(0, bytes);
      return bytes.array();
    }
  }

  private static void replace(Storage storage, String name, byte[] bytes, int length)
      throws IOException {
    storage.delete(name);
    try (AppendFile file = storage.create(name)) {
      file.append(ByteBuffer.wrap(bytes, 0, length));
      file.sync();
    }
    storage.syncDirectory();
  }

  private void check(Kind kind, String name) throws IOException {
    for (Rule rule : rules) {
      if (rule.kind == kind && rule.names.test(name)) {
        rule.seen.incrementAndGet();
        rule.hook.before(kind, name);
      }
    }
  }

  /** Runs the hooks before a sync; the file itself carries out a failure that loses pages. */
  private void checkSync(Kind kind, String name, Object file) throws IOException {
    try {
      check(kind, name);
    } catch (LosePages e) {
      if (file instanceof MemoryStorage.LossySync lossy) {
        lossy.failSyncAndLosePages();
      }
      throw new IOException("Input/output error", e);
    }
  }

  @Override
  public String describe() {
    return delegate.describe();
  }

  @Override
  public AppendFile create(String name) throws IOException {
    check(Kind.CREATE, name);
    return new FaultyAppendFile(name, delegate.create(name));
  }

  @Override
  public RegionFile createRegion(String name, long sizeBytes) throws IOException {
    check(Kind.CREATE_REGION, name);
    return new FaultyRegionFile(name, delegate.createRegion(name, sizeBytes));
  }

  @Override
  public RegionFile openRegion(String name) throws IOException {
    check(Kind.OPEN_REGION, name);
    return new FaultyRegionFile(name, delegate.openRegion(name));
  }

  @Override
  public ReadFile open(String name) throws IOException {
    check(Kind.OPEN, name);
    return new FaultyReadFile(name, delegate.open(name));
  }

  @Override
  public List<String> list() throws IOException {
    check(Kind.LIST, "");
    return delegate.list();
  }

  @Override
  public void rename(String from, String to) throws IOException {
    check(Kind.RENAME, from);
    delegate.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    check(Kind.DELETE, name);
    delegate.delete(name);
  }

  @Override
  public void syncDirectory() throws IOException {
    check(Kind.SYNC_DIRECTORY, "");
    delegate.syncDirectory();
  }

  @Override
  public AutoCloseable lock(String name) throws IOException {
    check(Kind.LOCK, name);
    return delegate.lock(name);
  }

  @Override
  public long usableBytes() throws IOException {
    LongSupplier scripted = usableBytes;
    return scripted != null ? scripted.getAsLong() : delegate.usableBytes();
  }

  @Override
  public void close() throws IOException {
    delegate.close();
  }

  private final class FaultyAppendFile implements AppendFile {
    private final String name;
    private final AppendFile file;

    FaultyAppendFile(String name, AppendFile file) {
      this.name = name;
      this.file = file;
    }

    @Override
    public void append(ByteBuffer source) throws IOException {
      check(Kind.APPEND, name);
      file.append(source);
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public void sync() throws IOException {
      checkSync(Kind.APPEND_SYNC, name, file);
      file.sync();
    }

    @Override
    public void close() throws IOException {
      check(Kind.CLOSE, name);
      file.close();
    }
  }

  private final class FaultyRegionFile implements RegionFile {
    private final String name;
    private final RegionFile file;

    FaultyRegionFile(String name, RegionFile file) {
      this.name = name;
      this.file = file;
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public void write(long offset, byte[] source, int sourceOffset, int length) throws IOException {
      check(Kind.REGION_WRITE, name);
      file.write(offset, source, sourceOffset, length);
    }

    @Override
    public void sync() throws IOException {
      checkSync(Kind.REGION_SYNC, name, file);
      file.sync();
    }

    @Override
    public void close() throws IOException {
      check(Kind.CLOSE, name);
      file.close();
    }
  }

  private final class FaultyReadFile implements ReadFile {
    private final String name;
    private final ReadFile file;

    FaultyReadFile(String name, ReadFile file) {
      this.name = name;
      this.file = file;
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public int read(long offset, ByteBuffer target) throws IOException {
      check(Kind.READ, name);
      return file.read(offset, target);
    }

    @Override
    public void close() throws IOException {
      check(Kind.CLOSE, name);
      file.close();
    }
  }
}
