/** The scripts, run in a folder of their own with a JDK and a Maven that only pretend. */
@NullMarked
package io.apexstore.scripts;

import org.jspecify.annotations.NullMarked;
