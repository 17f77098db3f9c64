package io.apexstore.engine.sstable;

import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Files in arrays, for tests of tables; counts reads and can fail them. */
final class HeapStorage implements Storage {
  final Map<String, byte[]> files = new ConcurrentHashMap<>();
  final AtomicLong reads = new AtomicLong();
  final AtomicLong appends = new AtomicLong();
  volatile boolean failsReads;

  @Override
  public String describe() {
    return "heap";
  }

  @Override
  public AppendFile create(String name) throws IOException {
    if (files.putIfAbsent(name, new byte[0]) != null) {
      throw new FileAlreadyExistsException(name);
    }
    return new AppendFile() {
      private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

      @Override
      public void append(ByteBuffer source) {
        byte[] more = new byte[source.remaining()];
        source.get(more);
        bytes.writeBytes(more);
        appends.incrementAndGet();
      }

      @Override
      public long size() {
        return bytes.size();
      }

      @Override
      public void sync() {}

      @Override
      public void close() {
        files.put(name, bytes.toByteArray());
      }
    };
  }

  @Override
  public ReadFile open(String name) throws IOException {
    byte[] bytes = files.get(name);
    if (bytes == null) {
      throw new NoSuchFileException(name);
    }
    return new ReadFile() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public int read(long offset, ByteBuffer target) throws IOException {
        reads.incrementAndGet();
        if (failsReads) {
          throw new IOException("by the test");
        }
        int length = Math.clamp(bytes.length - offset, 0, target.remaining());
        target.put(bytes, (int) offset, length);
        return length;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public RegionFile createRegion(String name, long sizeBytes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public RegionFile openRegion(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<String> list() {
    return List.copyOf(files.keySet());
  }

  @Override
  public void rename(String from, String to) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void delete(String name) {
    files.remove(name);
  }

  @Override
  public void syncDirectory() {}

  @Override
  public AutoCloseable lock(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long usableBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public void close() {}
}
