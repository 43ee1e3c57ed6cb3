namespace MultiTurnTrainer.Hub.Client;

/// <summary>
/// Connects to the hub wherever it lies, and to other hosts that its answers name only in the hub's own zone or on the internet:
/// no answer leads a request into the network behind this machine. The address that was judged is the one that is connected to.
/// </summary>
/// <param name="endpoint">The hub.</param>
/// <param name="network">Finds and reaches hosts.</param>
internal sealed class GuardedConnections(Uri endpoint, NetworkAccess network)
{
    /// <summary>Opens a connection for the handler of requests.</summary>
    /// <exception cref="HubFault">The host lies where the hub may not lead.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] addresses = await network.Resolve(host.Host, cancel).ConfigureAwait(false);
        if (!IsOwn(host) && !IsProxy(context))
        {
            NetworkZone own = await OwnZoneAsync(cancel).ConfigureAwait(false);
            addresses = [.. addresses.Where(address => Allows(own, NetworkZones.Of(address)))];
            if (addresses.Length == 0)
            {
                throw new HubFault(
                    $"{endpoint.Host}: the hub leads to {host.Host}, which lies inside this machine's network",
                    "Check HF_ENDPOINT; do not use this repository.",
                    cacheWillDo: true
                );
            }
        }

        return await network.Connect(addresses, host.Port, cancel).ConfigureAwait(false);
    }

    private static bool Allows(NetworkZone own, NetworkZone other) =>
        other == NetworkZone.Public || (other == own && other != NetworkZone.Link);

    // A host with one address on the internet is there, whatever its others are.
    private async Task<NetworkZone> OwnZoneAsync(CancellationToken cancel)
    {
        IPAddress[] addresses = await network.Resolve(endpoint.IdnHost, cancel).ConfigureAwait(false);
        return addresses.Select(NetworkZones.Of).Append(NetworkZone.Link).Min();
    }

    private bool IsOwn(DnsEndPoint host) => IsHost(endpoint, host);

    // The user's own choice; where it leads is its affair.
    private static bool IsProxy(SocketsHttpConnectionContext context) =>
        context.InitialRequestMessage is { } request
        && (request.Method == HttpMethod.Connect || !IsHost(request.RequestUri!, context.DnsEndPoint));

    private static bool IsHost(Uri address, DnsEndPoint host) =>
        address.Port == host.Port
        && address.IdnHost.Trim('[', ']').Equals(host.Host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);
}

/// <summary>Names and connections of the network.</summary>
internal sealed record NetworkAccess
{
    /// <summary>The addresses of a name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>A connection to the first of some addresses that answers.</summary>
    public Func<IPAddress[], int, CancellationToken, Task<Stream>> Connect { get; init; } = ConnectAsync;

    private static async Task<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancel)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
