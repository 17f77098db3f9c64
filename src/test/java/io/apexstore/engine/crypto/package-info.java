@NullMarked
package io.apexstore.engine.crypto;

import org.jspecify.annotations.NullMarked;
