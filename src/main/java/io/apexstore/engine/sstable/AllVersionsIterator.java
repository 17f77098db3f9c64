package io.apexstore.engine.sstable;

/**
 * A forward walk over all entries of a table.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class AllVersionsIterator extends CursorIterator {
  AllVersionsIterator(BlockWalk walk) {
    super(walk);
  }

  @Override
  byte[] valueArray() {
    return cursor.block();
  }

  @Override
  public void seekToFirst() {
    valid = false;
    walk.first();
    next();
  }

  @Override
  public void seek(byte[] key, int keyLength) {
    valid = false;
    if (walk.seek(key, keyLength)) {
      try {
        valid = cursor.seek(key, keyLength) || advance();
      } catch (IndexOutOfBoundsException e) {
        throw damaged(e);
      }
    }
  }

  @Override
  public void next() {
    try {
      valid = advance();
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
  }

  @Override
  public void seekToLast() {
    throw new UnsupportedOperationException("a walk over all versions goes forwards");
  }

  @Override
  public void seekBefore(byte[] key, int keyLength) {
    throw new UnsupportedOperationException("a walk over all versions goes forwards");
  }

  @Override
  public void prev() {
    throw new UnsupportedOperationException("a walk over all versions goes forwards");
  }
}
