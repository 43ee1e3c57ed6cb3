using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MultiTurnTrainer.Testing;

/// <summary>A server that gives every request the same answer, byte for byte, right or wrong.</summary>
public sealed class FixedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public FixedServer()
    {
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>Its address, without a slash at the end.</summary>
    public string Address => $"http://{EndPoint}";

    public EndPoint EndPoint => _listener.LocalEndpoint;

    /// <summary>Status and headers: what stands behind <c>HTTP/1.1</c>, without the length.</summary>
    public string Head { get; set; } = "200 OK";

    public byte[] Body { get; set; } = [];

    /// <summary>Answers with a text.</summary>
    public void Answer(string body, string head = "200 OK") => (Head, Body) = (head, Encoding.UTF8.GetBytes(body));

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        while (true)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync();
            _ = Task.Run(() => AnswerAsync(client));
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using TcpClient _ = client;
        NetworkStream stream = client.GetStream();
        byte[] asked = new byte[1 << 16];
        try
        {
            int read = await stream.ReadAsync(asked);
            string head = $"HTTP/1.1 {Head}\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync(Encoding.UTF8.GetBytes(head));
            await stream.WriteAsync(Body);
            client.Client.Shutdown(SocketShutdown.Send);
            while (read > 0)
            {
                read = await stream.ReadAsync(asked);
            }
        }
        catch (IOException)
        {
            // The client had enough.
        }
    }
}
