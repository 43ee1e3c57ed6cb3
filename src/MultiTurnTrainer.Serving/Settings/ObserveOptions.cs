namespace MultiTurnTrainer.Serving.Settings;

/// <summary>Where what is measured can be read; nothing unless it is set.</summary>
public sealed record ObserveOptions
{
    /// <summary>A collector of OTLP over HTTP, such as <c>http://localhost:4318</c>; null sends nothing.</summary>
    public Uri? Otlp { get; init; }

    /// <summary>Where <c>/metrics</c> is served for Prometheus, on a port of its own; null serves none.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>Whether anything is to be measured.</summary>
    public bool IsOn => Otlp is not null || Metrics is not null;

    /// <summary>Reads settings.</summary>
    /// <param name="otlp">The address of a collector.</param>
    /// <param name="metrics">A port, which is then on this machine only, or ADDRESS:PORT.</param>
    /// <exception cref="MttException">One of them is none.</exception>
    public static ObserveOptions Read(string? otlp, string? metrics) =>
        new() { Otlp = otlp is null ? null : Collector(otlp), Metrics = metrics is null ? null : EndPoint(metrics) };

    private static Uri Collector(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "http" or "https"
        && uri.UserInfo.Length == 0
            ? uri
            : throw new MttException(
                Printable.Of($"otlp {text}: is no address of a collector"),
                "Give http://HOST:4318; OTEL_EXPORTER_OTLP_HEADERS holds its keys."
            );

    private static IPEndPoint EndPoint(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? new IPEndPoint(IPAddress.Loopback, port)
        : IPEndPoint.TryParse(text, out IPEndPoint? point) && point.Port > 0 ? point
        : throw new MttException(
            Printable.Of($"metrics {text}: is neither a port nor an address with a port"),
            "Give 9464 for this machine only, or 10.0.0.5:9464."
        );
}
