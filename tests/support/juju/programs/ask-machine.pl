#!/usr/bin/perl
# The program behind every hook tool, juju-exec and systemctl of the double; its name selects the command. It sends the
# call to the process that holds the model and prints the answer. It is written in Perl without modules because a hook
# calls dozens of tools: Perl starts in a tenth of the time that Node needs, and every Ubuntu has it.
use strict;
use warnings;
use Config;

# The values on Linux. Loading the module that defines them would take longer than the whole program.
my ($AF_UNIX, $SOCK_STREAM, $NO_MORE_WRITES) = (1, 1, 1);
my $FIELDS = '(N/a*)*';

# The number of clock_gettime(2), which Perl has only in a module; on other architectures the elapsed time stays 0.
my $CLOCK_GETTIME = $Config{archname} =~ /^x86_64/ ? 228 : $Config{archname} =~ /^aarch64/ ? 113 : undef;
my $CLOCK_PROCESS_CPUTIME_ID = 2;

my $command = $0 =~ s{.*/}{}sr;

sub fail {
    print STDERR "ERROR $_[0]\n";
    exit 1;
}

# Milliseconds since the start of this process: the time that it ran plus the time that it waited for a processor.
sub elapsed {
    return 0 unless defined $CLOCK_GETTIME;
    my $time = pack('q2');
    return 0 if syscall($CLOCK_GETTIME, $CLOCK_PROCESS_CPUTIME_ID, $time) != 0;
    my ($seconds, $nanoseconds) = unpack('q2', $time);
    my $waited = 0; # nanoseconds
    if (open(my $file, '<', '/proc/self/schedstat')) {
        $waited = (split ' ', readline($file))[1];
    }
    return $seconds * 1e3 + ($nanoseconds + $waited) / 1e6;
}

sub find_socket {
    if ($command eq 'juju-exec' || $command eq 'systemctl') {
        my $program = readlink($0) // $0;
        open(my $file, '<', $program =~ s{[^/]*$}{host-socket}r) or fail("host-socket: $!");
        return readline($file);
    }
    for my $name (qw(JUJU_CONTEXT_ID JUJU_AGENT_SOCKET_ADDRESS JUJU_AGENT_SOCKET_NETWORK)) {
        fail("$name not set") unless length($ENV{$name} // '');
    }
    return $ENV{JUJU_AGENT_SOCKET_ADDRESS};
}

sub ask {
    my ($path, @input) = @_;
    my $refuse = sub { fail("dial unix $path: " . lc($_[0])) };
    socket(my $socket, $AF_UNIX, $SOCK_STREAM, 0) or $refuse->("socket: $!");
    connect($socket, pack('S a* x', $AF_UNIX, $path)) or $refuse->("connect: $!");
    local $SIG{PIPE} = 'IGNORE';
    select((select($socket), $| = 1)[0]);
    my @given = (scalar(@input), @input ? $input[0] : '');
    print $socket pack($FIELDS, $command, $ENV{JUJU_CONTEXT_ID} // '', elapsed(), @given, @ARGV);
    shutdown($socket, $NO_MORE_WRITES);
    local $/;
    my @answer = unpack($FIELDS, readline($socket) // '');
    $refuse->('no answer') unless @answer;
    return @answer;
}

my $path = find_socket();
my @answer = ask($path);
if ($answer[0] eq 'stdin required') {
    local $/;
    @answer = ask($path, readline(STDIN) // '');
}
my ($code, $stdout, $stderr) = @answer;
$| = 1;
print STDOUT $stdout;
print STDERR $stderr;
exit $code;
