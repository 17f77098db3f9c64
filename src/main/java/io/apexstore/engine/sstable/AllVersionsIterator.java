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
    entry().setCached(walk.isCached());
    goOn();
  }

  @Override
  void goTo(byte[] key, int keyLength) {
    valid = false;
    if (walk.seek(key, keyLength)) {
      entry().setCached(walk.isCached());
      try {
        int before = walk.ordinal();
        valid = cursor.seek(key, keyLength) || advance();
        noteBlock(before);
      } catch (IndexOutOfBoundsException e) {
        throw damaged(e);
      }
    }
  }

  @Override
  void goOn() {
    try {
      int before = walk.ordinal();
      valid = advance();
      noteBlock(before);
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
  }

  private void noteBlock(int before) {
    if (walk.ordinal() != before) {
      entry().setCached(walk.isCached());
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
