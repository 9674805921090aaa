# Calls every method of Perl's binding on the mock hypervisor, rightly and wrongly, each in a child of its own that finds
# the state that all find; a line an answer. What differs from run to run is printed as what it is.
use strict;
use warnings;
use POSIX ();
use Sys::Virt;
$SIG{__WARN__} = sub { };

my $uri = 'test:///default';
my $conn = Sys::Virt->new(uri => $uri);
my $domain_xml = '<domain type="test"><name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid><memory>65536</memory>'
    . '<vcpu>2</vcpu><os><type>hvm</type></os><devices><disk type="file"><source file="/tmp/web.img"/><target dev="vda" '
    . 'bus="virtio"/></disk><interface type="network"><mac address="52:54:00:11:22:33"/><source network="default"/>'
    . '<target dev="testnet9"/></interface></devices></domain>';
my $domain = $conn->define_domain($domain_xml);
$domain->create;
my $test = $conn->get_domain_by_name('test');
my $pool = $conn->get_storage_pool_by_name('default-pool');
my %objects = (
    'Sys::Virt' => $conn,
    'Sys::Virt::Domain' => $domain,
    'Sys::Virt::Network' => $conn->get_network_by_name('default'),
    'Sys::Virt::Interface' => $conn->get_interface_by_name('eth1'),
    'Sys::Virt::StoragePool' => $pool,
    'Sys::Virt::StorageVol' => $pool->create_volume('<volume><name>v</name><capacity>4096</capacity></volume>'),
    'Sys::Virt::NodeDevice' => $conn->get_node_device_by_name('scsi_host1'),
    'Sys::Virt::DomainSnapshot' => $domain->create_snapshot('<domainsnapshot><name>first</name></domainsnapshot>'),
    'Sys::Virt::DomainCheckpoint' => $test->create_checkpoint('<domaincheckpoint><name>first</name></domaincheckpoint>'),
    'Sys::Virt::Stream' => $conn->new_stream(Sys::Virt::Stream::NONBLOCK()),
);
my $stream = $objects{'Sys::Virt::Stream'};
my $volume = $objects{'Sys::Virt::StorageVol'};
my $disk = '<disk type="file"><source file="/tmp/b.img"/><target dev="vdb" bus="virtio"/></disk>';
my $code = sub { 0 };
my %documents = (
    domain => '<domain type="test"><name>fresh</name><memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>',
    network => '<network><name>fresh</name><bridge name="virbr9"/></network>',
    interface => '<interface type="ethernet" name="eth9"><start mode="onboot"/></interface>',
    pool => '<pool type="dir"><name>fresh</name><target><path>/tmp/fresh</path></target></pool>',
    volume => '<volume><name>fresh</name><capacity>4096</capacity></volume>',
    snapshot => '<domainsnapshot><name>later</name></domainsnapshot>',
    checkpoint => '<domaincheckpoint><name>later</name></domaincheckpoint>',
    device => $disk,
);
# What is passed: by one value each place, by two, and lists that only some calls take.
my @documents = map { $documents{$_} } sort keys %documents;
my @values = (undef, 0, 1, 2, -1, 65536, '', 'x', 'vda', 'testnet9', 'web', {}, [], { weight => 10 }, $code, $stream, $volume,
    '11111111-2222-3333-4444-555555555555', "\x{263a}", @documents);
my @lists = ([], map { [$_] } @values);
for my $first (0, 'vda', 'testnet9', undef, @documents) {
    push @lists, map { [$first, $_] } (undef, 0, 1, -1, 4096, { total_bytes_sec => 1000 });
}
push @lists, ([0, 0, 0], [1, 1, 1], ['vda', 0, 16], ['vda', 0, 16, 0], [$stream, 0, 16], [$stream, 0, 16, 0], [2, 'x', 'k', 'u'],
    [2, '<x/>', 'k', 'http://k', 0], [2, '<x/>', 'k', 'http://k', 3], [0, 'd', undef, undef, 0], [1, 'title', 'k', 'u', 2],
    [$domain, 0, $code], [undef, 4, $code], [undef, 0, $code, 'x'], [3, 4, 0, '<host ip="1.2.3.4"/>', 0], [0, 'nothing', 0]);

sub told {
    my ($value, $depth) = (@_, 0);
    return 'undef' unless defined $value;
    my $kind = ref $value;
    if ($kind eq 'HASH') {
        return '{' . join(', ', map { "$_: " . told($value->{$_}, $depth + 1) } sort keys %$value) . '}';
    }
    if ($kind eq 'ARRAY') {
        # The stock library's lists have no order.
        return '[' . join(', ', sort map { told($_, $depth + 1) } @$value) . ']';
    }
    return $kind if $kind;
    $value =~ s/\n/\\n/g;
    $value =~ s/[^ -~]/?/g;
    $value =~ s/\b1[78]\d{8}\b/TIME/g;
    $value =~ s/\b\d{9,}\b/LARGE/g;
    $value =~ s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g unless $value =~ /11111111|dd8fe884|6695eb01/;
    $value =~ s/52:54:00(:[0-9a-f]{2}){3}/MAC/g;
    return $value;
}

sub answer {
    my ($call) = @_;
    my @results = eval { $call->() };
    return '-> ' . told(\@results) unless $@;
    my $error = $@;
    return 'error ' . $error->code . ' of ' . $error->domain if ref $error && $error->isa('Sys::Virt::Error');
    $error =~ s/ at \S+ line \d+.*//s;
    $error =~ s/0x[0-9a-f]+/ADDRESS/g;
    return "refused: " . told($error);
}

# Not called, each with its reason.
my %left_out = map { $_ => 1 } (
    'DESTROY', 'new', '_new', 'import', 'AUTOLOAD', 'dl_load_flags', 'bootstrap',
    'suspend_for_duration', # sends the host to sleep
    'open_console', 'open_channel', 'open_graphics', 'open_graphics_fd', # take descriptors, or wait
    'get_node_free_pages', 'alloc_pages', # counts differ by the host
    'get_node_cpu_stats', 'get_node_memory_stats', 'get_time', 'interface_lookup_by_mac_string',
    'get_interface_by_mac', # the stock library finds interfaces without an address by every address
    'list_snapshot_names', # the stock library may say more names than it has written
    'list_domain_ids', 'list_node_device_names', # which of several come first is chance
    'get_cpu_stats', # the binding reads what the library left alone
    'register_default', 'register', 'run_default', 'set_identity',
    'recv_hole', 'send_hole', 'sparse_recv_all', 'sparse_send_all', 'recv', # ours can, the stock library's local streams can't
);

# What a child says of one call.
sub call {
    my ($object, $method, $arguments) = @_;
    my $child = open(my $answers, '-|') // die "cannot fork: $!";
    if ($child == 0) {
        alarm 5;
        my $first = answer(sub { $object->$method(@$arguments) });
        print $first, ' | ', answer(sub { ($domain->get_info->{state}, $domain->is_updated) });
        # Without the end of a Perl program: nothing is given back.
        POSIX::close(1) if close STDOUT;
        kill 'KILL', $$;
    }
    my $answer = join '', <$answers>;
    close $answers;
    # What was saved would be there for the next.
    unlink glob '*';
    return $answer || 'no answer';
}

for my $class (sort keys %objects) {
    no strict 'refs';
    for my $method (sort grep { /^_?[a-z]\w+$/ && defined &{"${class}::$_"} } keys %{"${class}::"}) {
        next if $left_out{$method} || $method =~ /^(?:_add_|constant|carp|croak|confess)/;
        my $takes_references = $method =~ /^(?:set|save|restore|upload|download|clone|(?:de)?register|attach)|stats/;
        my %wrong_count;
        for my $arguments (@lists) {
            # As a number, an address is another each time.
            next if $wrong_count{@$arguments} || !$takes_references && grep { ref } @$arguments;
            my $answer = call($objects{$class}, $method, $arguments);
            $wrong_count{@$arguments} = $answer =~ /^refused: Usage/;
            print "$class.$method", told($arguments), " $answer\n";
        }
    }
}
