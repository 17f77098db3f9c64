package io.apexstore.bench.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The mapping from the number of a key to its 16 bytes. All stores of a run use the same one. */
public enum KeyShape {
  /** As in db_bench of RocksDB: the number as 8 bytes, big-endian, then eight zeros. */
  BINARY {
    @Override
    public void fill(byte[] key, long number) {
      LONG.set(key, 0, number);
      Arrays.fill(key, Long.BYTES, LENGTH, (byte) '0');
    }

    @Override
    public void fillAbsent(byte[] key, long number) {
      fill(key, number);
      key[LENGTH - 1] = '1';
    }
  },
  /** Sixteen decimal digits: all keys share at least eight bytes. */
  DECIMAL {
    @Override
    public void fill(byte[] key, long number) {
      long rest = number;
      for (int i = LENGTH - 1; i >= 0; i--) {
        key[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
    }

    @Override
    public void fillAbsent(byte[] key, long number) {
      fill(key, number);
      key[LENGTH - 1] = '.';
    }
  },
  /** Sixteen hexadecimal digits of the number's hash. */
  HASHED {
    @Override
    public void fill(byte[] key, long number) {
      long rest = KeyOrder.mix(number);
      for (int i = LENGTH - 1; i >= 0; i--) {
        key[i] = (byte) Character.forDigit((int) (rest & 15), 16);
        rest >>>= 4;
      }
    }

    @Override
    public void fillAbsent(byte[] key, long number) {
      fill(key, number);
      key[LENGTH - 1] = 'g';
    }
  };

  /** Length of every key in bytes. */
  public static final int LENGTH = 16;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Sets the array to the key of a number. */
  public abstract void fill(byte[] key, long number);

  /** Sets the array to an absent key that lies between present ones. */
  public abstract void fillAbsent(byte[] key, long number);
}
