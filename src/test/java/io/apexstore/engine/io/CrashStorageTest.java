package io.apexstore.engine.io;

import static io.apexstore.engine.io.StorageContract.bytes;
import static io.apexstore.engine.io.StorageContract.read;
import static io.apexstore.engine.io.StorageContract.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator itself: what a power cut must keep and may lose, deterministically. */
@Tag("crash")
class CrashStorageTest {
  private static final int SEEDS = 300;

  private final CrashStorage storage = new CrashStorage();

  /**
   * Returns the contents of files after cuts at the end, for many seeds; "-" for a missing file.
   */
  private Set<String> outcomes(PowerCut policy, String... names) throws IOException {
    CrashImages images = storage.images();
    Set<String> outcomes = new TreeSet<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      Map<String, byte[]> contents = images.at(images.steps(), policy, seed).contents();
      List<String> outcome = new ArrayList<>();
      for (String name : names) {
        byte[] content = contents.get(name);
        outcome.add(content == null ? "-" : new String(content, StandardCharsets.ISO_8859_1));
      }
      outcomes.add(String.join("|", outcome));
    }
    return outcomes;
  }

  private AppendFile durableFile(String name, String content) throws IOException {
    AppendFile file = storage.create(name);
    file.append(ByteBuffer.wrap(bytes(content)));
    file.sync();
    storage.syncDirectory();
    return file;
  }

  @ParameterizedTest
  @EnumSource(PowerCut.class)
  void whatIsSyncedSurvives(PowerCut policy) throws IOException {
    Random random = new Random(5);
    Map<String, byte[]> expected = new HashMap<>();
    for (int i = 0; i < 5; i++) {
      byte[] content = new byte[random.nextInt(20_000)];
      random.nextBytes(content);
      expected.put("f" + i, content);
      write(storage, "f" + i, content);
    }
    try (RegionFile region = storage.createRegion("r", 10_000)) {
      region.write(5000, bytes("region"), 0, 6);
      region.sync();
      byte[] content = new byte[10_000];
      System.arraycopy(bytes("region"), 0, content, 5000, 6);
      expected.put("r", content);
    }
    storage.syncDirectory();
    int synced = storage.steps();
    write(storage, "other", new byte[100]);
    storage.delete("other");
    CrashImages images = storage.images();
    for (int step = synced; step <= images.steps(); step++) {
      Map<String, byte[]> contents = images.at(step, policy, step).contents();
      expected.forEach((name, content) -> assertArrayEquals(content, contents.get(name), name));
    }
  }

  @Test
  void aDroppingCutTakesAllThatIsUnsynced() throws IOException {
    AppendFile file = durableFile("a", "safe");
    file.append(ByteBuffer.wrap(bytes("unsafe")));
    storage.rename("a", "b");
    write(storage, "new", bytes("synced, but not its name"));
    assertEquals(Set.of("safe|-|-"), outcomes(PowerCut.DROP_ALL, "a", "b", "new"));
  }

  @Test
  void aKeepingCutTakesNothing() throws IOException {
    AppendFile file = durableFile("a", "safe");
    file.append(ByteBuffer.wrap(bytes("+more")));
    storage.rename("a", "b");
    storage.create("new").append(ByteBuffer.wrap(bytes("x")));
    assertEquals(Set.of("-|safe+more|x"), outcomes(PowerCut.KEEP_ALL, "a", "b", "new"));
  }

  @Test
  void namesAndBytesAreLostIndependently() throws IOException {
    AppendFile file = durableFile("a", "safe");
    file.append(ByteBuffer.wrap(bytes("+more")));
    storage.rename("a", "b");
    assertEquals(Set.of("-|safe"), outcomes(PowerCut.NAMES_ONLY, "a", "b"));
    assertEquals(Set.of("safe+more|-"), outcomes(PowerCut.BYTES_ONLY, "a", "b"));
    assertEquals(Set.of("-|safe+more", "safe+more|-"), outcomes(PowerCut.NAMES_SUBSET, "a", "b"));
  }

  @Test
  void aRenameIsAtomicAndReplacesOrDoesNot() throws IOException {
    durableFile("a", "new");
    durableFile("b", "old");
    storage.rename("a", "b");
    assertEquals(Set.of("new|old", "-|new"), outcomes(PowerCut.SUBSET, "a", "b"));
  }

  @Test
  void aDeletedFileMayComeBackAndAnUnsyncedNameMayBeMissing() throws IOException {
    durableFile("a", "A");
    storage.delete("a");
    write(storage, "b", bytes("B"));
    assertEquals(Set.of("-|-", "-|B", "A|-", "A|B"), outcomes(PowerCut.SUBSET, "a", "b"));
    storage.syncDirectory();
    assertEquals(Set.of("-|B"), outcomes(PowerCut.SUBSET, "a", "b"));
  }

  @Test
  void aFileRenamedTwiceHasOneName() throws IOException {
    durableFile("a", "A");
    storage.rename("a", "b");
    storage.rename("b", "c");
    assertEquals(Set.of("A|-|-", "-|A|-", "-|-|A"), outcomes(PowerCut.NAMES_SUBSET, "a", "b", "c"));
  }

  @Test
  void aLaterWriteMaySurviveWithoutAnEarlierOneButIsNotOverwrittenByIt() throws IOException {
    RegionFile region = storage.createRegion("r", 4);
    region.write(0, bytes("0000"), 0, 4);
    region.sync();
    storage.syncDirectory();
    region.write(0, bytes("11"), 0, 2);
    region.write(1, bytes("22"), 0, 2);
    assertEquals(Set.of("0000", "1100", "0220", "1220"), outcomes(PowerCut.SUBSET, "r"));
    assertEquals(Set.of("0000", "1100", "1220"), wholeWrites(outcomes(PowerCut.IN_ORDER, "r")));
  }

  private static Set<String> wholeWrites(Set<String> outcomes) {
    Set<String> whole = new TreeSet<>(outcomes);
    assertFalse(whole.stream().anyMatch(s -> s.equals("0220")), whole::toString);
    whole.removeIf(s -> Set.of("0100", "1000", "1120", "1200").contains(s)); // The last is torn.
    return whole;
  }

  @Test
  void aWriteIsTornAtSectorsPagesOrAnyByte() throws IOException {
    RegionFile region = storage.createRegion("r", 3 * 4096);
    region.sync();
    storage.syncDirectory();
    byte[] ones = new byte[2 * 4096];
    Arrays.fill(ones, (byte) '1');
    region.write(1000, ones, 0, ones.length);
    assertEquals(Set.of(512), grains(PowerCut.TORN_SECTORS));
    assertEquals(Set.of(4096), grains(PowerCut.TORN_PAGES));
    assertTrue(grains(PowerCut.TORN_BYTES).contains(1));
  }

  /** Returns the grain at whose multiples the bytes change, except at the two ends of the write. */
  private Set<Integer> grains(PowerCut policy) throws IOException {
    int grain = 4096;
    for (String outcome : outcomes(policy, "r")) {
      for (int i = 1; i < outcome.length(); i++) {
        if (outcome.charAt(i) != outcome.charAt(i - 1) && i != 1000 && i != 1000 + 2 * 4096) {
          while (i % grain != 0) {
            grain /= 2;
          }
        }
      }
    }
    return Set.of(grain);
  }

  @Test
  void aGrownFileContainsZerosOrGarbageWhereBytesAreMissing() throws IOException {
    AppendFile file = durableFile("a", "safe");
    durableFile("other", "____GARB");
    file.append(ByteBuffer.wrap(bytes("NEWS")));
    assertEquals(Set.of("safe\0\0\0\0"), outcomes(PowerCut.LENGTHS_ONLY, "a"));
    Set<String> garbage = outcomes(PowerCut.LENGTHS_GARBAGE, "a");
    assertTrue(garbage.contains("safeGARB"), "never what another file holds");
    assertTrue(garbage.size() > SEEDS / 4, "hardly ever random bytes");
    assertTrue(garbage.stream().allMatch(s -> s.startsWith("safe") && s.length() == 8));
    Set<String> torn = outcomes(PowerCut.TORN_BYTES, "a");
    assertTrue(
        torn.containsAll(Set.of("safe", "safeNEWS", "safe\0\0\0\0", "safeN")), torn::toString);
    assertTrue(torn.stream().anyMatch(s -> s.startsWith("safe\0") && s.endsWith("S")));
  }

  @Test
  void oldBytesOfARecycledRegionComeBackUnderUnsyncedOnes() throws IOException {
    try (RegionFile region = storage.createRegion("r", 2 * 4096)) {
      byte[] old = new byte[2 * 4096];
      Arrays.fill(old, (byte) 'o');
      region.write(0, old, 0, old.length);
      region.sync();
    }
    storage.syncDirectory();
    storage.rename("r", "s");
    storage.syncDirectory();
    try (RegionFile region = storage.openRegion("s")) {
      byte[] young = new byte[2 * 4096];
      Arrays.fill(young, (byte) 'y');
      region.write(0, young, 0, young.length);
    }
    String o = "o".repeat(4096);
    String y = "y".repeat(4096);
    assertEquals(Set.of(o + o, o + y, y + o, y + y), outcomes(PowerCut.TORN_PAGES, "s"));
  }

  @Test
  void anUnsyncedPreallocationMayBeGarbage() throws IOException {
    RegionFile region = storage.createRegion("r", 4);
    assertEquals(4, region.size());
    storage.syncDirectory();
    assertEquals(Set.of("\0\0\0\0"), outcomes(PowerCut.KEEP_ALL, "r"));
    assertTrue(outcomes(PowerCut.TORN_PAGES_GARBAGE, "r").size() > 5);
    region.sync();
    assertEquals(Set.of("\0\0\0\0"), outcomes(PowerCut.TORN_PAGES_GARBAGE, "r"));
  }

  @Test
  void whatAFailedSyncLostIsReadButNeverDurable() throws IOException {
    RegionFile region = storage.createRegion("r", 4);
    region.write(0, bytes("0000"), 0, 4);
    region.sync();
    storage.syncDirectory();
    FaultStorage faulty = new FaultStorage(storage);
    faulty.failNthSyncAndLosePages(FaultStorage.Kind.REGION_SYNC, 1);
    try (RegionFile file = faulty.openRegion("r")) {
      file.write(0, bytes("11"), 0, 2);
      assertThrows(IOException.class, file::sync);
      file.write(1, bytes("22"), 0, 2);
      file.sync();
    }
    assertArrayEquals(bytes("1220"), read(storage, "r"));
    assertEquals(Set.of("0220"), outcomes(PowerCut.DROP_ALL, "r"));
    assertEquals(Set.of("0220", "1220"), outcomes(PowerCut.KEEP_ALL, "r"));
    assertEquals(Set.of("0220", "1220"), outcomes(PowerCut.SUBSET, "r"));
  }

  @Test
  void aSyncCoversOnlyWhatWasWrittenBeforeItBegan() {
    SimulatedDisk disk = new MemoryStorage().disk();
    disk.apply(new DiskOp.Create(0, "a"));
    disk.apply(new DiskOp.Write(0, 0, bytes("before")));
    long began = disk.steps();
    disk.apply(new DiskOp.SyncBegin(0));
    disk.apply(new DiskOp.Write(0, 6, bytes("during")));
    disk.apply(new DiskOp.SyncEnd(0, began, true));
    disk.apply(new DiskOp.DirectorySyncBegin());
    disk.apply(new DiskOp.DirectorySyncEnd(disk.steps() - 1));
    MemoryStorage left = new MemoryStorage(DiskImage.of(disk, PowerCut.DROP_ALL, 1));
    assertArrayEquals(bytes("before"), left.contents().get("a"));
  }

  @Test
  void marksAreFoundAtTheirStep() throws IOException {
    storage.submitted(7);
    AppendFile file = storage.create("a");
    file.sync();
    storage.acknowledged(7);
    storage.submitted(8);
    CrashImages images = storage.images();
    assertEquals(-1, images.submittedAt(0));
    assertEquals(7, images.submittedAt(1));
    assertEquals(-1, images.acknowledgedAt(images.steps() - 2));
    assertEquals(7, images.acknowledgedAt(images.steps() - 1));
    assertEquals(8, images.submittedAt(images.steps()));
    assertTrue(images.describe(1).contains("Create"), images.describe(1));
  }

  /** Runs a random mix of operations and returns the storage that recorded them. */
  private static CrashStorage randomRun(CrashStorage storage, long seed) throws IOException {
    Random random = new Random(seed);
    List<AppendFile> appends = new ArrayList<>();
    List<RegionFile> regions = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      List<String> names = storage.list();
      byte[] bytes = new byte[random.nextInt(3000)];
      random.nextBytes(bytes);
      switch (random.nextInt(10)) {
        case 0 -> appends.add(storage.create("a" + seed + "-" + i));
        case 1 -> regions.add(storage.createRegion("r" + seed + "-" + i, 9000));
        case 2 -> storage.syncDirectory();
        case 3 -> {
          if (!names.isEmpty()) {
            storage.rename(names.get(random.nextInt(names.size())), "n" + random.nextInt(20));
          }
        }
        case 4 -> {
          if (names.size() > 5) {
            storage.delete(names.get(random.nextInt(names.size())));
          }
        }
        default -> {
          if (!appends.isEmpty()) {
            AppendFile file = appends.get(random.nextInt(appends.size()));
            file.append(ByteBuffer.wrap(bytes));
            if (random.nextInt(3) == 0) {
              file.sync();
            }
          }
          if (!regions.isEmpty()) {
            RegionFile file = regions.get(random.nextInt(regions.size()));
            file.write(random.nextInt(9000 - bytes.length), bytes, 0, bytes.length);
            if (random.nextInt(3) == 0) {
              file.sync();
            }
          }
        }
      }
    }
    return storage;
  }

  @ParameterizedTest
  @EnumSource(PowerCut.class)
  void theSameSeedGivesTheSameImage(PowerCut policy) throws IOException {
    for (long seed = 0; seed < 5; seed++) {
      CrashImages first = randomRun(new CrashStorage(), seed).images();
      CrashImages second = randomRun(new CrashStorage(), seed).images();
      assertEquals(first.steps(), second.steps());
      for (int step = first.steps();
          step >= 0;
          step -= 7) { // In descending order, so each restarts the replay.
        assertSame(first.at(step, policy, seed), second.at(step, policy, seed));
      }
      for (int step = 0; step <= first.steps(); step += 7) {
        MemoryStorage image = first.at(step, policy, step);
        assertSame(image, second.at(step, policy, step));
      }
    }
  }

  private static void assertSame(MemoryStorage expected, MemoryStorage actual) {
    Map<String, byte[]> contents = actual.contents();
    assertEquals(expected.contents().keySet(), contents.keySet());
    expected.contents().forEach((name, bytes) -> assertArrayEquals(bytes, contents.get(name)));
  }

  @Test
  void aCutAtTheEndThatKeepsAllIsWhatTheProcessSaw() throws IOException {
    for (long seed = 0; seed < 20; seed++) {
      CrashStorage run = randomRun(new CrashStorage(), seed);
      CrashImages images = run.images();
      assertSame(run, images.at(images.steps(), PowerCut.KEEP_ALL, seed));
    }
  }

  @Test
  void anImageIsCutAgain() throws IOException {
    AppendFile file = durableFile("a", "safe");
    file.append(ByteBuffer.wrap(bytes("+kept")));
    CrashImages images = storage.images();
    MemoryStorage image = images.at(images.steps(), PowerCut.KEEP_ALL, 1);
    CrashStorage second = new CrashStorage(image);
    second.create("b");
    second.delete("a");
    CrashImages secondImages = second.images();
    MemoryStorage left = secondImages.at(secondImages.steps(), PowerCut.DROP_ALL, 1);
    assertEquals(List.of("a"), left.list());
    assertArrayEquals(bytes("safe+kept"), read(left, "a"));
    assertSame(image, secondImages.at(0, PowerCut.KEEP_ALL, 1));
  }

  @Test
  void anImageIsIndependentOfTheRunAndOfOtherImages() throws IOException {
    durableFile("a", "safe");
    CrashImages images = storage.images();
    MemoryStorage first = images.at(images.steps(), PowerCut.DROP_ALL, 1);
    try (RegionFile region = first.openRegion("a")) {
      region.write(0, bytes("XX"), 0, 2);
    }
    assertArrayEquals(bytes("safe"), read(storage, "a"));
    assertArrayEquals(bytes("safe"), read(images.at(images.steps(), PowerCut.DROP_ALL, 1), "a"));
  }
}
