package io.apexstore.engine.crash;

import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.ReadFile;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The storage of one process. After the process is killed, its operations no longer reach the
 * files. Subclasses override operations to plant faults.
 */
class ForwardingStorage implements Storage {
  final Storage target;
  private volatile boolean killed;

  ForwardingStorage(Storage target) {
    this.target = target;
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

  /** Called before each write to a file. */
  void beforeWrite(String name) throws IOException {}

  /** Called before a file is created, renamed (with its old name) or deleted. */
  void beforeNameChange(String name) throws IOException {}

  @Override
  public String describe() {
    return target.describe();
  }

  @Override
  public AppendFile create(String name) throws IOException {
    checkAlive();
    beforeNameChange(name);
    AppendFile file = target.create(name);
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
    return wrap(name, target.createRegion(name, sizeBytes));
  }

  @Override
  public RegionFile openRegion(String name) throws IOException {
    checkAlive();
    return wrap(name, target.openRegion(name));
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
    return target.open(name);
  }

  @Override
  public List<String> list() throws IOException {
    checkAlive();
    return target.list();
  }

  @Override
  public void rename(String from, String to) throws IOException {
    checkAlive();
    beforeNameChange(from);
    target.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    checkAlive();
    beforeNameChange(name);
    target.delete(name);
  }

  @Override
  public void syncDirectory() throws IOException {
    checkAlive();
    target.syncDirectory();
  }

  @Override
  public AutoCloseable lock(String name) throws IOException {
    checkAlive();
    return target.lock(name);
  }

  @Override
  public long usableBytes() throws IOException {
    checkAlive();
    return target.usableBytes();
  }

  @Override
  public void close() throws IOException {
    target.close();
  }
}
