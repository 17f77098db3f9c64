package io.apexstore.engine.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.encryption.AesGcm;
import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.encryption.EncryptionComponents;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.file.FileHeader;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.file.FileType;
import io.apexstore.engine.io.MemoryStorage;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BlockCodecTest {
  private static final BlockFile FILE =
      new BlockFile("000001.sst", new UUID(1, 2), 1, BlockCipher.NONE);
  private static final int TYPE = 5;
  private static final long ORDINAL = 3;
  private static final long OFFSET = 4096;
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final BlockDecoder decoder = new BlockDecoder();
  private final BlockBuffer target = new BlockBuffer();

  @ParameterizedTest
  @EnumSource(Compression.class)
  void blocksOfAllSizesAreDecodedAsTheyWereEncoded(Compression compression) {
    Random random = new Random(SEED);
    BlockEncoder encoder = new BlockEncoder(FILE);
    for (int i = 0; i < 500; i++) {
      byte[] raw = block(random, i < 40 ? i : random.nextInt(20_000));
      int length = encoder.encode(buffer(raw), TYPE, compression, ORDINAL, OFFSET);
      byte[] stored = Arrays.copyOf(encoder.bytes(), length);
      decode(FILE, TYPE, ORDINAL, OFFSET, stored);
      assertArrayEquals(raw, Arrays.copyOf(target.array(), target.length()), "seed " + SEED);
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void largeBlocksOutsideTheHeapAreEncodedToTheSameBytes(Compression compression)
      throws IOException {
    Random random = new Random(SEED);
    BlockFile[] files = {
      FILE, new BlockFile("000001.sst", new UUID(1, 2), 1, new XorCipher()), file(keys(), 1)
    };
    for (int i = 0; i < 60; i++) {
      BlockFile file = files[i % files.length];
      byte[] raw = block(random, i < 30 ? i : random.nextInt(1 << 20));
      if (i % 2 == 0) {
        random.nextBytes(raw);
      }
      int keysBytes = random.nextInt(Math.min(raw.length, 100) + 1);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment stored =
            new BlockEncoder(file)
                .encode(
                    buffer(Arrays.copyOf(raw, keysBytes)),
                    MemorySegment.ofArray(raw).asSlice(keysBytes),
                    TYPE,
                    compression,
                    ORDINAL,
                    OFFSET,
                    arena);
        BlockEncoder onHeap = new BlockEncoder(file);
        int length = onHeap.encode(buffer(raw), TYPE, compression, ORDINAL, OFFSET);
        assertArrayEquals(
            Arrays.copyOf(onHeap.bytes(), length),
            stored.toArray(ValueLayout.JAVA_BYTE),
            "seed " + SEED);
      }
    }
  }

  @Test
  void aBlockThatDoesNotShrinkByAnEighthIsStoredUncompressed() {
    byte[] raw = new byte[4096];
    new Random(1).nextBytes(raw);
    assertEquals(4096 + BlockFormat.TRAILER_BYTES, stored(raw, Compression.LZ4).length);
    Arrays.fill(raw, 0, 400, (byte) 7);
    assertEquals(4096 + BlockFormat.TRAILER_BYTES, stored(raw, Compression.LZ4).length);
    Arrays.fill(raw, 0, 700, (byte) 7);
    assertTrue(stored(raw, Compression.LZ4).length < 4096 - 512 + BlockFormat.TRAILER_BYTES);
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void everyFlippedBitIsNoticed(Compression compression) {
    byte[] stored = stored(block(new Random(SEED), 200), compression);
    for (int bit = 0; bit < stored.length * 8; bit++) {
      byte[] damaged = stored.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      assertCorrupt(FILE, TYPE, ORDINAL, OFFSET, damaged);
    }
  }

  @Test
  void aBlockOfAnotherPositionIsRefused() {
    byte[] stored = stored(block(new Random(SEED), 100), Compression.LZ4);
    BlockFile otherFile = new BlockFile("000002.sst", new UUID(1, 2), 2, BlockCipher.NONE);
    BlockFile otherStore = new BlockFile("000001.sst", new UUID(1, 3), 1, BlockCipher.NONE);
    assertCorrupt(otherFile, TYPE, ORDINAL, OFFSET, stored);
    assertCorrupt(otherStore, TYPE, ORDINAL, OFFSET, stored);
    assertCorrupt(FILE, TYPE + 1, ORDINAL, OFFSET, stored);
    assertCorrupt(FILE, TYPE, ORDINAL + 1, OFFSET, stored);
    assertCorrupt(FILE, TYPE, ORDINAL, OFFSET + 1, stored);
  }

  @Test
  void aBlockCutShortIsRefused() {
    byte[] stored = stored(block(new Random(SEED), 100), Compression.LZ4);
    for (int length = 0; length < stored.length; length++) {
      assertCorrupt(FILE, TYPE, ORDINAL, OFFSET, Arrays.copyOf(stored, length));
    }
  }

  @Test
  void anErrorNamesFileOffsetExpectedAndActual() {
    byte[] stored = stored(new byte[10], Compression.NONE);
    stored[0]++;
    EngineException e =
        assertThrows(
            EngineException.class, () -> decode(FILE, TYPE, ORDINAL, OFFSET, stored.clone()));
    String message = String.valueOf(e.getMessage());
    assertTrue(
        message.matches(
            "000001\\.sst at offset 4096: block checksum: expected 0x\\w+, found 0x\\w+"),
        message);
  }

  @Test
  void aCipherGetsTheCompressedPayloadAndItsPosition() {
    BlockFile sealed = new BlockFile("000001.sst", new UUID(1, 2), 1, new XorCipher());
    BlockEncoder encoder = new BlockEncoder(sealed);
    byte[] raw = new byte[1000];
    Arrays.fill(raw, (byte) 'x');
    int length = encoder.encode(buffer(raw), TYPE, Compression.LZ4, ORDINAL, OFFSET);
    assertTrue(length < 100, () -> "compressed before it was sealed: " + length);
    byte[] stored = Arrays.copyOf(encoder.bytes(), length);
    decode(sealed, TYPE, ORDINAL, OFFSET, stored.clone());
    assertArrayEquals(raw, Arrays.copyOf(target.array(), target.length()));
    assertCorrupt(FILE, TYPE, ORDINAL, OFFSET, stored);
  }

  private static DataKeys keys() throws IOException {
    return DataKeys.create(
        new MemoryStorage(),
        EncryptionComponents.with(new TestWrapper(3)),
        TimeSource.SYSTEM,
        new UUID(1, 2));
  }

  /** An attacker without the file key can still compute checksums. */
  @Test
  void aSealedBlockIsRefusedElsewhereEvenIfItsChecksumIsCorrect() throws IOException {
    DataKeys keys = keys();
    BlockFile one = file(keys, 1);
    BlockFile two = file(keys, 2);
    byte[] raw = block(new Random(5), 700);
    BlockEncoder encoder = new BlockEncoder(one);
    int length = encoder.encode(buffer(raw), TYPE, Compression.LZ4, ORDINAL, OFFSET);
    byte[] stored = Arrays.copyOf(encoder.bytes(), length);
    decode(one, TYPE, ORDINAL, OFFSET, stored.clone());
    assertArrayEquals(raw, Arrays.copyOf(target.array(), target.length()));

    assertSealBroken(one, TYPE, ORDINAL, OFFSET + 8, stored.clone());
    assertSealBroken(one, TYPE, ORDINAL + 1, OFFSET, stored.clone());
    assertSealBroken(two, TYPE, ORDINAL, OFFSET, stored.clone());
    byte[] otherType = stored.clone();
    otherType[length - BlockFormat.TRAILER_BYTES + BlockFormat.TYPE_OFFSET] = TYPE + 1;
    assertSealBroken(one, TYPE + 1, ORDINAL, OFFSET, otherType);
    byte[] otherLength = stored.clone();
    otherLength[length - BlockFormat.TRAILER_BYTES + BlockFormat.RAW_LENGTH_OFFSET]++;
    assertSealBroken(one, TYPE, ORDINAL, OFFSET, otherLength);
    byte[] otherBytes = stored.clone();
    otherBytes[3]++;
    assertSealBroken(one, TYPE, ORDINAL, OFFSET, otherBytes);
  }

  private static BlockFile file(DataKeys keys, long fileId) {
    FileHeader header = keys.newHeader(FileType.TABLE, 1, new UUID(1, 2), fileId);
    return BlockFile.of(FileNames.table(fileId), header, keys);
  }

  private void assertSealBroken(
      BlockFile file, int type, long ordinal, long offset, byte[] stored) {
    byte[] position = new byte[BlockFormat.POSITION_BYTES];
    BlockFormat.putPosition(position, file, ordinal, offset);
    int crcAt = stored.length - BlockFormat.TRAILER_BYTES + BlockFormat.CRC_OFFSET;
    BlockFormat.INT.set(
        stored,
        crcAt,
        BlockFormat.checksum(new java.util.zip.CRC32C(), position, stored, 0, stored.length));
    EngineException e =
        assertThrows(
            EngineException.class, () -> decode(file, type, ordinal, offset, stored.clone()));
    assertTrue(String.valueOf(e.getMessage()).contains("seal"), e::getMessage);
    EngineException outside =
        assertThrows(
            EngineException.class, () -> decodeOutsideTheHeap(file, type, ordinal, offset, stored));
    assertEquals(e.getMessage(), outside.getMessage());
  }

  private byte[] stored(byte[] raw, Compression compression) {
    BlockEncoder encoder = new BlockEncoder(FILE);
    int length = encoder.encode(buffer(raw), TYPE, compression, ORDINAL, OFFSET);
    return Arrays.copyOf(encoder.bytes(), length);
  }

  private static BlockBuffer buffer(byte[] raw) {
    BlockBuffer buffer = new BlockBuffer();
    buffer.set(raw, 0, raw.length);
    return buffer;
  }

  private void decode(BlockFile file, int type, long ordinal, long offset, byte[] stored) {
    byte[] amid = new byte[stored.length + 10];
    System.arraycopy(stored, 0, amid, 7, stored.length);
    decoder.decode(file, type, ordinal, offset, amid, 7, stored.length, target);
    byte[] found = Arrays.copyOf(target.array(), target.length());
    decoder.decode(file, type, ordinal, offset, buffer(stored), target);
    assertArrayEquals(found, Arrays.copyOf(target.array(), target.length()));
    assertArrayEquals(found, decodeOutsideTheHeap(file, type, ordinal, offset, stored));
  }

  private byte[] decodeOutsideTheHeap(
      BlockFile file, int type, long ordinal, long offset, byte[] stored) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, stored);
      return decoder
          .decode(file, type, ordinal, offset, memory, arena::allocate)
          .toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private void assertCorrupt(BlockFile file, int type, long ordinal, long offset, byte[] stored) {
    EngineException e =
        assertThrows(
            EngineException.class, () -> decode(file, type, ordinal, offset, stored.clone()));
    assertEquals(Failure.CORRUPTION, e.failure());
    EngineException outside =
        assertThrows(
            EngineException.class, () -> decodeOutsideTheHeap(file, type, ordinal, offset, stored));
    assertEquals(e.getMessage(), outside.getMessage());
  }

  private static byte[] block(Random random, int length) {
    byte[] raw = new byte[length];
    random.nextBytes(raw);
    if (random.nextBoolean()) {
      for (int i = 0; i < length; i++) {
        raw[i] &= 1;
      }
    }
    return raw;
  }

  /**
   * Appends a byte derived from the ordinal and the associated data, and masks the payload with it.
   */
  private static final class XorCipher implements BlockCipher {
    @Override
    public int overheadBytes() {
      return 1;
    }

    @Override
    public int seal(
        AesGcm gcm,
        long ordinal,
        byte[] associated,
        int associatedOffset,
        int associatedLength,
        byte[] source,
        int offset,
        int length,
        byte[] target,
        int targetOffset) {
      byte mask = (byte) (ordinal + Arrays.hashCode(associated) + 1);
      for (int i = 0; i < length; i++) {
        target[targetOffset + i] = (byte) (source[offset + i] ^ mask);
      }
      target[targetOffset + length] = mask;
      return length + 1;
    }

    @Override
    public int seal(
        AesGcm gcm,
        long ordinal,
        byte[] associated,
        int associatedOffset,
        int associatedLength,
        ByteBuffer target) {
      byte[] bytes = new byte[target.remaining()];
      target.duplicate().get(bytes);
      int length =
          seal(
              gcm,
              ordinal,
              associated,
              associatedOffset,
              associatedLength,
              bytes,
              0,
              bytes.length - 1,
              bytes,
              0);
      target.duplicate().put(bytes);
      return length;
    }

    @Override
    public int open(
        AesGcm gcm,
        long ordinal,
        byte[] associated,
        int associatedOffset,
        int associatedLength,
        byte[] source,
        int offset,
        int length,
        byte[] target,
        int targetOffset) {
      byte mask = (byte) (ordinal + Arrays.hashCode(associated) + 1);
      if (source[offset + length - 1] != mask) {
        return -1;
      }
      for (int i = 0; i < length - 1; i++) {
        target[targetOffset + i] = (byte) (source[offset + i] ^ mask);
      }
      return length - 1;
    }

    @Override
    public int open(
        AesGcm gcm,
        long ordinal,
        byte[] associated,
        int associatedOffset,
        int associatedLength,
        ByteBuffer sealed) {
      byte[] bytes = new byte[sealed.remaining()];
      sealed.duplicate().get(bytes);
      int length =
          open(
              gcm,
              ordinal,
              associated,
              associatedOffset,
              associatedLength,
              bytes,
              0,
              bytes.length,
              bytes,
              0);
      sealed.duplicate().put(bytes);
      return length;
    }
  }
}
