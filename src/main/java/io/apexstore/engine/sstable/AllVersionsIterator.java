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
  void goToFirst() {
    valid = false;
    walk.first();
    goOn();
  }

  @Override
  void goTo(byte[] key, int keyLength) {
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
  void goOn() {
    try {
      valid = advance();
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
  }

  @Override
  void goToLast() {
    throw new UnsupportedOperationException("a walk over all versions goes forwards");
  }

  @Override
  void goBefore(byte[] key, int keyLength) {
    throw new UnsupportedOperationException("a walk over all versions goes forwards");
  }

  @Override
  void goBack() {
    throw new UnsupportedOperationException("a walk over all versions goes forwards");
  }
}
