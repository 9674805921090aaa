# Calls every method of Ruby's binding on the mock hypervisor, rightly and wrongly, each in a child of its own that finds
# the state that all find; a line an answer. What differs from run to run is printed as what it is.
require 'libvirt'

conn = Libvirt.open('test:///default')
domain = conn.define_domain_xml(
  '<domain type="test"><name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid><memory>65536</memory>' \
  '<vcpu>2</vcpu><os><type>hvm</type></os><devices><disk type="file"><source file="/tmp/web.img"/>' \
  '<target dev="vda" bus="virtio"/></disk><interface type="network"><mac address="52:54:00:11:22:33"/>' \
  '<source network="default"/><target dev="testnet9"/></interface></devices></domain>'
)
domain.create
pool = conn.lookup_storage_pool_by_name('default-pool')
VOLUME_XML = '<volume><name>%s</name><capacity>4096</capacity></volume>'.freeze
volume = pool.create_volume_xml(format(VOLUME_XML, 'v'))
stream = conn.stream(Libvirt::Stream::NONBLOCK)
OBJECTS = {
  'conn' => conn, 'domain' => domain, 'network' => conn.lookup_network_by_name('default'),
  'interface' => conn.lookup_interface_by_name('eth1'), 'pool' => pool, 'volume' => volume,
  'device' => conn.lookup_nodedevice_by_name('scsi_host1'), 'stream' => stream,
  'snapshot' => domain.snapshot_create_xml('<domainsnapshot><name>first</name></domainsnapshot>'),
  'library' => Libvirt
}.freeze
DOCUMENTS = [
  '<domain type="test"><name>fresh</name><memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>',
  '<network><name>fresh</name><bridge name="virbr9"/></network>',
  '<interface type="ethernet" name="eth9"><start mode="onboot"/></interface>',
  '<pool type="dir"><name>fresh</name><target><path>/tmp/fresh</path></target></pool>', format(VOLUME_XML, 'fresh'),
  '<domainsnapshot><name>later</name></domainsnapshot>',
  '<disk type="file"><source file="/tmp/b.img"/><target dev="vdb" bus="virtio"/></disk>'
].freeze
values = [nil, 0, 1, 2, -1, 100, 65_536, 2**32, '', 'x', 'vda', 'testnet9', 'web', 'test', '<x', {}, [], [0, 1],
          { 'weight' => 10 }, { 'hard_limit' => 70_000 }, { 'x' => 1 }, volume, '11111111-2222-3333-4444-555555555555',
          'scsi_host1', 'default-pool', "\u263a", 1.5, [65_536, 0], [1, 0], [2, '<x/>', 'k', 'http://k', 0], *DOCUMENTS]
seconds = [nil, 0, 1, -1, 16, 4096, { 'total_bytes_sec' => 1000 }, 'x', []]
LISTS = [[]] + values.map { |value| [value] } +
        [0, 'vda', 'testnet9', nil, *DOCUMENTS].product(seconds) +
        [[0, 0, 0], ['vda', 0, 16], ['vda', 0, 16, 0], [stream, 0, 16], [stream, 0, 16, 0], [2, 'http://k', 0],
         [3, 4, 0, '<host ip="1.2.3.4"/>', 0], [[30, 31], 0, 0]]

# Not called: they send the host to sleep, wait, or tell of the host; of the CPUs' statistics the binding tells more than the
# library has written.
LEFT_OUT = %i[
  node_suspend_for_duration close free open_console open_graphics interface_lookup_by_mac lookup_interface_by_mac
  node_free_pages node_alloc_pages node_cpu_stats node_memory_stats event_register_impl connection open open_read_only open_auth
  recvall sendall cpu_stats event_invoke_handle_callback event_invoke_timeout_callback
].freeze

# Times, made-up names and what the host has differ by the run.
def told(value)
  case value
  when Array
    # The stock library's lists of names and numbers have no order.
    named = value.all?(String) || value.all?(Integer)
    "[#{(named ? value.sort : value).map { |one| told(one) }.join(', ')}]"
  when Hash then "{#{value.map { |name, one| "#{told(name)}: #{told(one)}" }.sort.join(', ')}}"
  when String, Symbol
    value.to_s.dup.force_encoding('BINARY').gsub(/[^ -~]/n, '?').gsub(/\b1[78]\d{8}\b/, 'TIME')
         .gsub(/(?!11111111|dd8fe884|6695eb01)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'UUID')
         .gsub(/52:54:00(:[0-9a-f]{2}){3}/, 'MAC')
  when Integer then value > 10**8 ? 'LARGE' : value.to_s
  when Float, nil, true, false then value.inspect
  else
    fields = value.instance_variables.reject { |name| name == :@connection }
    "#{value.class}(#{fields.map { |name| told(value.instance_variable_get(name)) }.join(', ')})"
  end
end

def answer
  "-> #{told(yield)}"
rescue Libvirt::Error => e
  "error #{e.libvirt_code} of #{e.libvirt_component} in #{e.libvirt_function_name}"
rescue StandardError, NotImplementedError => e
  "refused: #{e.class}"
end

# What a child says of one call, which is all that it does.
def call(object, method, arguments, domain)
  reader, writer = IO.pipe
  child = fork do
    writer.write(answer { object.public_send(method, *arguments) }, ' | ')
    writer.write(answer { [domain.state, domain.active?, domain.persistent?] })
    writer.close
    exit!(0)
  end
  writer.close
  told = reader.read
  reader.close
  Process.wait(child)
  # What was saved would be there for the next.
  Dir.children('.').each { |file| File.delete(file) }
  told.empty? ? 'no answer' : told
end

OBJECTS.each do |name, object|
  methods = object.is_a?(Module) ? object.singleton_methods(false) : object.class.instance_methods(false)
  (methods - LEFT_OUT).sort.each do |method|
    wrong = {}
    LISTS.each do |arguments|
      next if wrong[arguments.size]

      answer = call(object, method, arguments, domain)
      wrong[arguments.size] = answer.start_with?('refused: ArgumentError')
      puts "#{name}.#{method}#{told(arguments)} #{answer}"
    end
  end
end
