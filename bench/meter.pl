#!/usr/bin/perl
# meter.pl RESULT PROGRAM ARGUMENT...
# Runs a program and writes its duration in seconds and its peak resident memory in KiB to RESULT. Both come from the
# kernel's accounting, because sampling /proc is too coarse for a program that takes less than a tenth of a second.
use strict;
use warnings;
use Config;

# The numbers of the system calls. Perl's modules for them are not in every installation.
my ($CLOCK_GETTIME, $GETRUSAGE) = $Config{archname} =~ /^aarch64/ ? (113, 165) : (228, 98);
my ($CLOCK_MONOTONIC, $RUSAGE_CHILDREN) = (1, -1);

sub now {
    my $time = pack('q2');
    syscall($CLOCK_GETTIME, $CLOCK_MONOTONIC, $time) == 0 or die "clock_gettime: $!";
    my ($seconds, $nanoseconds) = unpack('q2', $time);
    return $seconds + $nanoseconds / 1e9;
}

sub peak_kib {
    my $usage = pack('q18');
    syscall($GETRUSAGE, $RUSAGE_CHILDREN, $usage) == 0 or die "getrusage: $!";
    return (unpack('q18', $usage))[4]; # ru_maxrss, after two timeval structs of two fields each
}

my ($result, @program) = @ARGV;
my $begun = now();
system { $program[0] } @program;
my ($seconds, $status) = (now() - $begun, $?);
open(my $file, '>', $result) or die "$result: $!";
printf $file "%.6f %d\n", $seconds, peak_kib();
close($file) or die "$result: $!";
exit($status == -1 ? 127 : $status >> 8 || ($status & 127 ? 1 : 0));
