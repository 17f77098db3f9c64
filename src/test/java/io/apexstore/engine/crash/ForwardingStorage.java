package io.apexstore.engine.crash;

import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A storage as one process sees it, until the process is killed: then nothing it still tries
 * reaches the files. What is overridden in it can go wrong.
 */
class ForwardingStorage implements Storage {
  final Storage behind;
  private volatile boolean killed;

  ForwardingStorage(Storage behind) {
    this.behind = behind;
  }

  final void kill() {
    killed = true;
  }

  final void checkAlive() throws IOException {
    if (killed) {
      throw new IOException("the process is dead");
    }
  }

  void syncAppend(String name, AppendFile file) throws IOException {
    file.sync();
  }

  void syncRegion(RegionFile file) throws IOException {
    file.sync();
  }

  /** Called before bytes of a file are written. */
  void beforeWrite(String name) throws IOException {}

  /** Called before a file is created, renamed (with its old name) or deleted. */
  void beforeNameChange(String name) throws IOException {}

  @Override
  public String describe() {
    return behind.describe();
  }

  @Override
  public AppendFile create(String name) throws IOException {
    checkAlive();
    beforeNameChange(name);
    AppendFile file = behind.create(name);
    return new AppendFile() {
      @Override
      public void append(ByteBuffer source) throws IOException {
        checkAlive();
        beforeWrite(name);
        file.append(source);
      }

      @Override
      public long size() {
        return file.size();
      }

      @Override
      public void sync() throws IOException {
        checkAlive();
        syncAppend(name, file);
      }

      @Override
      public void close() throws IOException {
        file.close();
      }
    };
  }

  @Override
  public RegionFile createRegion(String name, long sizeBytes) throws IOException {
    checkAlive();
    beforeNameChange(name);
    return wrap(name, behind.createRegion(name, sizeBytes));
  }

  @Override
  public RegionFile openRegion(String name) throws IOException {
    checkAlive();
    return wrap(name, behind.openRegion(name));
  }

  private RegionFile wrap(String name, RegionFile file) {
    return new RegionFile() {
      @Override
      public long size() {
        return file.size();
      }

      @Override
      public void write(long offset, byte[] source, int sourceOffset, int length)
          throws IOException {
        checkAlive();
        beforeWrite(name);
        file.write(offset, source, sourceOffset, length);
      }

      @Override
      public void sync() throws IOException {
        checkAlive();
        syncRegion(file);
      }

      @Override
      public void close() throws IOException {
        file.close();
      }
    };
  }

  @Override
  public ReadFile open(String name) throws IOException {
    checkAlive();
    return behind.open(name);
  }

  @Override
  public List<String> list() throws IOException {
    checkAlive();
    return behind.list();
  }

  @Override
  public void rename(String from, String to) throws IOException {
    checkAlive();
    beforeNameChange(from);
    behind.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    checkAlive();
    beforeNameChange(name);
    behind.delete(name);
  }

  @Override
  public void syncDirectory() throws IOException {
    checkAlive();
    behind.syncDirectory();
  }

  @Override
  public AutoCloseable lock(String name) throws IOException {
    checkAlive();
    return behind.lock(name);
  }

  @Override
  public long usableBytes() throws IOException {
    checkAlive();
    return behind.usableBytes();
  }

  @Override
  public void close() throws IOException {
    behind.close();
  }
}
