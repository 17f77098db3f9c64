package io.apexstore.engine.sstable;

/**
 * A forward iterator over all entries of a table.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class AllVersionsIterator extends CursorIterator {
  AllVersionsIterator(BlockWalk walk) {
    super(walk);
  }

  @Override
  void toFirst() {
    valid = false;
    walk.first();
    entry().setCached(walk.isCached());
    toNext();
  }

  @Override
  void toKey(byte[] key, int keyLength) {
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
  void toNext() {
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
  void toLast() {
    throw new UnsupportedOperationException("all versions are walked forwards only");
  }

  @Override
  void toKeyBefore(byte[] key, int keyLength) {
    throw new UnsupportedOperationException("all versions are walked forwards only");
  }

  @Override
  void toPrevious() {
    throw new UnsupportedOperationException("all versions are walked forwards only");
  }
}
