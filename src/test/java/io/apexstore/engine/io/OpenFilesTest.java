package io.apexstore.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class OpenFilesTest {
  private final MemoryStorage disk = new MemoryStorage();
  private final FaultStorage faulty = new FaultStorage(disk);
  private final CountedFiles counted = new CountedFiles(name -> true);
  private final Storage storage = counted.counted(faulty);

  @Test
  void theFileThatWasNotReadLatelyIsClosedAndOpenedAgain() throws IOException {
    OpenFiles files = new OpenFiles(storage, 2);
    ReadFile a = open(files, "a");
    ReadFile b = open(files, "b");
    assertEquals('a', first(a));
    ReadFile c = open(files, "c");
    assertEquals(2, counted.open());
    assertEquals(2, files.count());
    int opens = counted.opens();
    assertEquals('a', first(a));
    assertEquals(opens, counted.opens(), "a was read, so b was closed");
    assertEquals('b', first(b));
    assertEquals(opens + 1, counted.opens());
    assertEquals('c', first(c));
    assertEquals(2, counted.most());
    for (ReadFile file : List.of(a, b, c)) {
      file.close();
      file.close();
    }
    assertEquals(0, counted.open());
    assertEquals(0, files.count());
    assertThrows(IOException.class, () -> first(a));
    assertEquals(0, counted.open());
  }

  @Test
  void aFailureToOpenAgainPasses() throws IOException {
    OpenFiles files = new OpenFiles(storage, 1);
    try (ReadFile a = open(files, "a");
        ReadFile b = open(files, "b")) {
      FaultStorage.Rule refused =
          faulty.before(
              FaultStorage.Kind.OPEN,
              (kind, name) -> {
                throw new RetryableIoException("too many open files", null);
              });
      assertThrows(RetryableIoException.class, () -> first(a));
      assertEquals(0, files.count());
      refused.stop();
      assertEquals('a', first(a));
      assertEquals('b', first(b));
      assertEquals(1, files.count());
    }
    assertEquals(0, counted.open());
  }

  @Test
  void anotherFileOfTheSameNameIsRefused() throws IOException {
    OpenFiles files = new OpenFiles(storage, 1);
    try (ReadFile a = open(files, "a");
        ReadFile b = open(files, "b")) {
      disk.put("a", new byte[] {'x', 'y'});
      IOException refused = assertThrows(IOException.class, () -> first(a));
      assertEquals("a has 2 bytes, but had 1 when it was opened before", refused.getMessage());
      assertEquals(0, counted.open());
      assertEquals('b', first(b));
    }
  }

  @Test
  void aFileIsNotClosedWhileItIsRead() throws Exception {
    int threads = 4;
    int max = 3;
    OpenFiles files = new OpenFiles(storage, max);
    List<ReadFile> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(open(files, Character.toString('a' + i)));
    }
    try (ExecutorService readers = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        SplittableRandom random = new SplittableRandom(t);
        running.add(
            readers.submit(
                () -> {
                  for (int i = 0; i < 20_000; i++) {
                    int n = random.nextInt(all.size());
                    assertEquals('a' + n, first(all.get(n)));
                  }
                  return null;
                }));
      }
      for (Future<?> reader : running) {
        reader.get();
      }
    }
    assertTrue(counted.most() <= max + threads, () -> counted.most() + " files were open");
    assertTrue(counted.opens() > 1000, () -> counted.opens() + " opens");
    for (ReadFile file : all) {
      file.close();
    }
    assertEquals(0, counted.open());
    assertEquals(0, files.count());
  }

  private ReadFile open(OpenFiles files, String name) throws IOException {
    disk.put(name, new byte[] {(byte) name.charAt(0)});
    return files.open(name);
  }

  private static int first(ReadFile file) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(1);
    assertEquals(1, file.read(0, target));
    return target.get(0);
  }
}
