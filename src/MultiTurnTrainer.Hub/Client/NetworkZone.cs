namespace MultiTurnTrainer.Hub.Client;

/// <summary>How far inside a network an address lies.</summary>
internal enum NetworkZone
{
    /// <summary>The internet.</summary>
    Public,

    /// <summary>A network of its owner's: RFC 1918, carriers' shared addresses, IPv6's unique local ones.</summary>
    Private,

    /// <summary>This machine.</summary>
    Loopback,

    /// <summary>This link, where clouds answer with their machines' keys; and what is no address of one machine.</summary>
    Link,
}

/// <summary>The zone of an address, by IANA's registers of special-purpose addresses.</summary>
internal static class NetworkZones
{
    private static readonly (IPNetwork Network, NetworkZone Zone)[] _special =
    [
        (IPNetwork.Parse("127.0.0.0/8"), NetworkZone.Loopback),
        (IPNetwork.Parse("::1/128"), NetworkZone.Loopback),
        (IPNetwork.Parse("10.0.0.0/8"), NetworkZone.Private),
        (IPNetwork.Parse("172.16.0.0/12"), NetworkZone.Private),
        (IPNetwork.Parse("192.168.0.0/16"), NetworkZone.Private),
        (IPNetwork.Parse("100.64.0.0/10"), NetworkZone.Private),
        (IPNetwork.Parse("198.18.0.0/15"), NetworkZone.Private),
        (IPNetwork.Parse("fc00::/7"), NetworkZone.Private),
        (IPNetwork.Parse("fec0::/10"), NetworkZone.Private),
        (IPNetwork.Parse("0.0.0.0/8"), NetworkZone.Link),
        (IPNetwork.Parse("169.254.0.0/16"), NetworkZone.Link),
        (IPNetwork.Parse("192.0.0.0/24"), NetworkZone.Link),
        (IPNetwork.Parse("224.0.0.0/3"), NetworkZone.Link),
        (IPNetwork.Parse("168.63.129.16/32"), NetworkZone.Link),
        (IPNetwork.Parse("fd00:ec2::/32"), NetworkZone.Link),
        (IPNetwork.Parse("::/128"), NetworkZone.Link),
        (IPNetwork.Parse("fe80::/10"), NetworkZone.Link),
        (IPNetwork.Parse("ff00::/8"), NetworkZone.Link),
    ];

    // IPv6 networks whose addresses hold an IPv4 one, from this byte on.
    private static readonly (IPNetwork Network, int From)[] _embedding =
    [
        (IPNetwork.Parse("::ffff:0:0/96"), 12),
        (IPNetwork.Parse("::ffff:0:0:0/96"), 12),
        (IPNetwork.Parse("64:ff9b::/96"), 12),
        (IPNetwork.Parse("64:ff9b:1::/48"), 12),
        (IPNetwork.Parse("2002::/16"), 2),
    ];

    /// <summary>The zone of an address; of one that holds an IPv4 address, that one's.</summary>
    public static NetworkZone Of(IPAddress address)
    {
        if (Array.Find(_embedding, entry => entry.Network.Contains(address)) is { From: > 0 and var from })
        {
            address = new IPAddress(address.GetAddressBytes().AsSpan(from, 4));
        }

        // Of networks that lie inside each other, the narrowest counts.
        return _special
            .Where(entry => entry.Network.Contains(address))
            .OrderByDescending(entry => entry.Network.PrefixLength)
            .Select(entry => entry.Zone)
            .FirstOrDefault(NetworkZone.Public);
    }
}
