package io.apexstore.server.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientLimitsTest {
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void theLimitPerAddressCountsEachAddressAlone() {
    ConnectionLimit limit = new ConnectionLimit(5, 2);
    assertTrue(limit.tryOpen("a"));
    assertTrue(limit.tryOpen("a"));
    assertFalse(limit.tryOpen("a"));
    assertTrue(limit.tryOpen("b"));
    limit.close("a");
    assertTrue(limit.tryOpen("a"));
    assertEquals(3, limit.connections());
  }

  @Test
  void allConnectionsTogetherAreBounded() {
    ConnectionLimit limit = new ConnectionLimit(2, 0);
    assertTrue(limit.tryOpen("a"));
    assertTrue(limit.tryOpen("a"));
    assertFalse(limit.tryOpen("b"));
    assertEquals(2, limit.connections());
  }

  @Test
  void anAddressWithoutConnectionsIsForgotten() {
    ConnectionLimit limit = new ConnectionLimit(10, 1);
    for (int i = 0; i < 1_000; i++) {
      assertTrue(limit.tryOpen("address " + i));
      assertFalse(limit.tryOpen("address " + i));
      limit.close("address " + i);
    }
    assertEquals(0, limit.addresses());
    assertEquals(0, limit.connections());
  }

  @Test
  void aBodyThatTricklesIsEndedAndOneThatFlowsIsNot() {
    SlowClients clients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(300), READ_TIMEOUT);
    FakeBody trickle = new FakeBody();
    FakeBody flow = new FakeBody();
    clients.watch(trickle, 0);
    SlowClients.Watch over = clients.watch(new FakeBody(), 0);
    over.cancel();
    over.cancel();
    clients.watch(flow, 0);
    for (long second = 1; second <= 60; second++) {
      trickle.bytes += 1;
      flow.bytes += 200;
      clients.tick(second * SECOND);
      assertEquals(second >= 20, trickle.ended, "second " + second);
    }
    assertFalse(flow.ended);
  }

  @Test
  void aBodyThatIsHeldInMemoryMustComeSoon() {
    SlowClients clients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(300), READ_TIMEOUT);
    FakeBody slow = new FakeBody();
    slow.held = true;
    FakeBody streamed = new FakeBody();
    FakeBody flow = new FakeBody();
    flow.held = true;
    clients.watch(slow, 0);
    clients.watch(streamed, 0);
    clients.watch(flow, 0);
    for (long second = 1; second <= 600; second++) {
      slow.bytes += 130;
      streamed.bytes += 130;
      flow.bytes += 40 << 10;
      clients.tick(second * SECOND);
      assertEquals(second >= 61, slow.ended, "second " + second);
    }
    assertFalse(streamed.ended);
    assertFalse(flow.ended);
  }

  @Test
  void aBodyThatTheServerPausedDoesNotTimeOut() {
    SlowClients clients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(300), READ_TIMEOUT);
    FakeBody body = new FakeBody();
    body.paused = true;
    clients.watch(body, 0);
    for (long second = 1; second <= 100; second++) {
      clients.tick(second * SECOND);
    }
    assertFalse(body.ended);
    body.paused = false;
    clients.tick(119 * SECOND);
    assertFalse(body.ended);
    clients.tick(121 * SECOND);
    assertTrue(body.ended);
  }

  @Test
  void aHeadMustArriveWithinItsTimeout() {
    SlowClients clients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(300), READ_TIMEOUT);
    FakeConnection connection = new FakeConnection();
    clients.watch(connection, 0);
    clients.tick(100 * SECOND);
    assertFalse(connection.ended);
    connection.headSince = 100 * SECOND;
    clients.tick(108 * SECOND);
    assertFalse(connection.ended);
    clients.tick(109 * SECOND);
    assertTrue(connection.ended);
  }

  @Test
  void aClientThatReadsTooSlowlyIsResetAndOneThatReadsIsNot() {
    SlowClients clients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(300), READ_TIMEOUT);
    FakeConnection stopped = new FakeConnection();
    FakeConnection dribbling = new FakeConnection();
    FakeConnection slow = new FakeConnection();
    FakeConnection idle = new FakeConnection();
    for (FakeConnection connection : List.of(stopped, dribbling, slow, idle)) {
      connection.traffic = true;
      connection.unread = connection == idle ? 0 : 1;
      clients.watch(connection, 0);
    }
    for (long second = 1; second <= 200; second++) {
      dribbling.read += 900;
      slow.read += 1_100;
      clients.tick(second * SECOND);
      assertEquals(second > 60, stopped.reset, "second " + second);
      assertEquals(second > 60, dribbling.reset, "second " + second);
    }
    assertFalse(slow.reset);
    assertFalse(idle.reset);
  }

  @Test
  void aClientThatHasReadEverythingBeginsANewWindow() {
    SlowClients clients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(300), READ_TIMEOUT);
    FakeConnection connection = new FakeConnection();
    connection.traffic = true;
    clients.watch(connection, 0);
    for (long second = 1; second <= 400; second++) {
      connection.unread = second % 50 == 0 ? 0 : 1;
      clients.tick(second * SECOND);
    }
    assertFalse(connection.reset);
  }

  @Test
  void anIdleConnectionIsClosedAndOneWithTrafficIsNot() {
    SlowClients clients =
        new SlowClients(Duration.ofSeconds(8), Duration.ofSeconds(60), READ_TIMEOUT);
    FakeConnection idle = new FakeConnection();
    FakeConnection busy = new FakeConnection();
    clients.watch(idle, 0);
    clients.watch(busy, 0);
    for (long second = 1; second <= 200; second++) {
      busy.traffic = second % 50 == 0;
      idle.traffic = second == 5;
      clients.tick(second * SECOND);
      assertEquals(second >= 65, idle.ended, "second " + second);
    }
    assertFalse(busy.ended);
  }

  private static final class FakeBody implements SlowClients.Body {
    private long bytes;
    private boolean paused;
    private boolean held;
    private boolean ended;

    @Override
    public long bytesRead() {
      return bytes;
    }

    @Override
    public boolean isPaused() {
      return paused;
    }

    @Override
    public boolean isHeld() {
      return held;
    }

    @Override
    public void timeOut() {
      assertFalse(ended, "ended twice");
      ended = true;
    }
  }

  private static final class FakeConnection implements SlowClients.Connection {
    private long headSince;
    private boolean traffic;
    private long unread;
    private long read;
    private boolean ended;
    private boolean reset;

    @Override
    public long headSinceNanos() {
      return headSince;
    }

    @Override
    public boolean pollUse() {
      return traffic;
    }

    @Override
    public long unreadBytes() {
      return unread;
    }

    @Override
    public long readBytes() {
      return read;
    }

    @Override
    public void reset() {
      assertFalse(reset, "reset twice");
      reset = true;
    }

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public void disconnect() {
      ended = true;
    }
  }
}
