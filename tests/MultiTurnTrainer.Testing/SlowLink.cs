using System.Net;
using System.Net.Sockets;

namespace MultiTurnTrainer.Testing;

/// <summary>A network between two programs that answers late, on a loopback port.</summary>
public sealed class SlowLink : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;

    /// <summary>Listens.</summary>
    /// <param name="target">The port that everything goes on to.</param>
    public SlowLink(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How long each piece takes.</summary>
    public TimeSpan Delay { get; set; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient near = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ConnectAsync(near);
            }
        }
        catch (Exception problem)
            when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test ends.
        }
    }

    private async Task ConnectAsync(TcpClient near)
    {
        using TcpClient far = new();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await Task.WhenAny(
                CopyAsync(near.GetStream(), far.GetStream()),
                CopyAsync(far.GetStream(), near.GetStream())
            );
        }
        catch (Exception problem) when (problem is OperationCanceledException or SocketException)
        {
            // Whoever connected sees the connection end.
        }
        finally
        {
            near.Dispose();
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        byte[] piece = new byte[16384];
        try
        {
            while (await from.ReadAsync(piece, _stop.Token) is > 0 and var length)
            {
                await Task.Delay(Delay, _stop.Token);
                await to.WriteAsync(piece.AsMemory(0, length), _stop.Token);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // One of the two ends left.
        }
    }
}
